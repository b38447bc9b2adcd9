package cli

import (
	"fmt"

	"emberline/helper/protocol"
)

// versionInfo has the names of protocol.HelperInfo.
type versionInfo struct {
	Version         string `json:"version"`
	ProtocolVersion int    `json:"protocolVersion"`
	BuildHash       string `json:"buildHash"`
}

func (a *app) printVersion(args []string) error {
	asJSON, err := a.parseJSON("version", args)
	if err != nil {
		return err
	}
	hash, err := ownHash()
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(versionInfo{a.version, protocol.Version, hash})
	}
	_, err = fmt.Fprintf(a.Out, "emberline-helper %s (protocol %d, build %s)\n", a.version, protocol.Version, hash[:12])
	return err
}
