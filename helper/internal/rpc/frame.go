// Package rpc speaks JSON-RPC 2.0 in LSP's base protocol over any two streams.
// It knows no method of Emberline.
package rpc

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// MaxBodyBytes bounds one message. A delta of a whole host stays far below
	// it; it only keeps a broken peer from making a root process allocate.
	MaxBodyBytes = 64 << 20
	// maxHeaderBytes bounds the header part. Real peers send under 100 bytes.
	maxHeaderBytes = 8 << 10
	// readStep is how much is allocated before the peer has sent that much, so
	// that a length alone costs nothing.
	readStep = 64 << 10
)

// ErrFrame is wrapped by every error about the framing itself. After it the
// stream has no known position, so it can only be closed.
var ErrFrame = errors.New("malformed frame")

// Reader takes messages from a byte stream.
type Reader struct {
	in *bufio.Reader
}

// NewReader reads frames from in, which nobody else may read from then on.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReader(in)} }

// Read returns the next message's body. The end of the stream between two
// messages is io.EOF; inside one it is io.ErrUnexpectedEOF.
func (r *Reader) Read() ([]byte, error) {
	length, err := r.readHeader()
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	body.Grow(min(length, readStep))
	if _, err := io.CopyN(&body, r.in, int64(length)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return body.Bytes(), nil
}

// readHeader reads to the empty line and returns Content-Length. Other header
// fields are ignored, as are their values: LSP defines only Content-Type, whose
// one legal charset is UTF-8.
func (r *Reader) readHeader() (int, error) {
	length, budget := -1, maxHeaderBytes
	for first := true; ; first = false {
		line, err := r.readLine(&budget)
		if err != nil {
			if errors.Is(err, io.EOF) && !(first && line == "") {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		if line == "" {
			break
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			return 0, fmt.Errorf("%w: header line without a colon", ErrFrame)
		}
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue
		}
		if length >= 0 {
			return 0, fmt.Errorf("%w: Content-Length given twice", ErrFrame)
		}
		if length, err = parseLength(strings.TrimSpace(value)); err != nil {
			return 0, err
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("%w: no Content-Length", ErrFrame)
	}
	return length, nil
}

// readLine returns a line without its end. A lone \n is taken as an end too:
// hand-written input has it, and nothing can be mistaken for it.
func (r *Reader) readLine(budget *int) (string, error) {
	var line []byte
	for {
		part, err := r.in.ReadSlice('\n')
		*budget -= len(part)
		if *budget < 0 {
			return "", fmt.Errorf("%w: header over %d bytes", ErrFrame, maxHeaderBytes)
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return string(line), err
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		return string(bytes.TrimSuffix(line, []byte("\r"))), nil
	}
}

func parseLength(text string) (int, error) {
	// ParseUint also refuses a sign, which Atoi would take.
	length, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%w: Content-Length is not a number", ErrFrame)
	}
	if length > MaxBodyBytes {
		return 0, fmt.Errorf("%w: Content-Length %d is over %d", ErrFrame, length, MaxBodyBytes)
	}
	return int(length), nil
}

// AppendFrame appends body with its header to buffer, ready for one Write.
func AppendFrame(buffer, body []byte) []byte {
	buffer = fmt.Appendf(buffer, "Content-Length: %d\r\n\r\n", len(body))
	return append(buffer, body...)
}
