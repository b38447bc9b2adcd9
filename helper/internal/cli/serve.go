package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/doctor"
	"emberline/helper/internal/inventory"
	"emberline/helper/internal/procmem"
	"emberline/helper/internal/rpc"
	"emberline/helper/internal/sampler"
	"emberline/helper/internal/server"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// serve ends with status 1 when the client went away without LSP's shutdown.
func (a *app) serve(args []string) error {
	if err := a.parse(flag.NewFlagSet("serve", flag.ContinueOnError), args); err != nil {
		return err
	}
	info, err := helperInfo(a.version)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	// A client that has gone is a failed write and not a signal.
	signal.Ignore(syscall.SIGPIPE)
	orderly, err := server.New(a.In, a.Out, server.Backend{
		Info: info,
		Start: func(params protocol.StartParams) (server.Session, error) {
			return startProfiler(params, samplerAuto, true)
		},
		ListProcesses: inventory.NewLister(whyNotSampled).List,
		Doctor:        doctor.Examine,
		ReadSource:    source.Read,
	}).Serve(ctx)
	switch {
	case errors.Is(err, rpc.ErrFrame), errors.Is(err, rpc.ErrStalled):
		return protocol.Errorf(protocol.ErrUsage, "serve is not spoken to in the language server protocol (%w).", err)
	case !orderly:
		return exitStatus(1)
	}
	return nil
}

// helperInfo identifies this binary and the machine.
func helperInfo(version string) (protocol.HelperInfo, error) {
	hash, err := ownHash()
	if err != nil {
		return protocol.HelperInfo{}, err
	}
	var names unix.Utsname
	if err := unix.Uname(&names); err != nil {
		return protocol.HelperInfo{}, err
	}
	return protocol.HelperInfo{
		ProtocolVersion: protocol.Version,
		Version:         version,
		BuildHash:       hash,
		Hostname:        unix.ByteSliceToString(names.Nodename[:]),
		Kernel:          unix.ByteSliceToString(names.Release[:]),
		Architecture:    unix.ByteSliceToString(names.Machine[:]),
		PID:             os.Getpid(),
		UID:             os.Geteuid(),
		CounterMeanings: counterMeanings(),
	}, nil
}

// counterMeanings are those of all samplers; a name that two of them have means the same.
func counterMeanings() map[string]string {
	meanings := procmem.CounterMeanings()
	maps.Copy(meanings, sampler.CounterMeanings())
	return meanings
}

// ownHash is of the file that runs, even when another one has its name by now.
func ownHash() (string, error) {
	file, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
