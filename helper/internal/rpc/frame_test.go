package rpc

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadFrames(t *testing.T) {
	tests := []struct {
		name, stream string
		bodies       []string
		err          error
	}{
		{"nothing", "", nil, io.EOF},
		{"one", "Content-Length: 2\r\n\r\n{}", []string{"{}"}, io.EOF},
		{"two", "Content-Length: 2\r\n\r\n{}Content-Length: 2\r\n\r\n[]", []string{"{}", "[]"}, io.EOF},
		{"empty body", "Content-Length: 0\r\n\r\n", []string{""}, io.EOF},
		{"other headers", "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 1\r\nX: y\r\n\r\n1", []string{"1"}, io.EOF},
		{"any case, no space", "content-LENGTH:1\r\n\r\n1", []string{"1"}, io.EOF},
		{"bare newlines", "Content-Length: 1\n\n1", []string{"1"}, io.EOF},
		{"no length", "X: y\r\n\r\n", nil, ErrFrame},
		{"no header", "\r\n", nil, ErrFrame},
		{"two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", nil, ErrFrame},
		{"negative", "Content-Length: -1\r\n\r\n", nil, ErrFrame},
		{"signed", "Content-Length: +1\r\n\r\n1", nil, ErrFrame},
		{"not a number", "Content-Length: 0x10\r\n\r\n", nil, ErrFrame},
		{"over the bound", "Content-Length: 67108865\r\n\r\n", nil, ErrFrame},
		{"over 64 bits", "Content-Length: 99999999999999999999\r\n\r\n", nil, ErrFrame},
		{"no colon", "hello\r\n\r\n", nil, ErrFrame},
		{"long header", strings.Repeat("X: y\r\n", 2000) + "Content-Length: 1\r\n\r\n1", nil, ErrFrame},
		{"long header line", "X: " + strings.Repeat("y", 9000), nil, ErrFrame},
		{"cut in the header", "Content-Len", nil, io.ErrUnexpectedEOF},
		{"cut after a header line", "Content-Length: 2\r\n", nil, io.ErrUnexpectedEOF},
		{"cut in the body", "Content-Length: 4\r\n\r\n{}", nil, io.ErrUnexpectedEOF},
		{"cut before the body", "Content-Length: 67108864\r\n\r\n", nil, io.ErrUnexpectedEOF},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, stream := range []io.Reader{
				strings.NewReader(test.stream),
				iotest.OneByteReader(strings.NewReader(test.stream)),
			} {
				bodies, err := readAll(stream)
				if !errors.Is(err, test.err) || strings.Join(bodies, "|") != strings.Join(test.bodies, "|") {
					t.Errorf("got %q, %v; want %q, %v", bodies, err, test.bodies, test.err)
				}
			}
		})
	}
}

func readAll(stream io.Reader) ([]string, error) {
	reader := NewReader(stream)
	var bodies []string
	for {
		body, err := reader.Read()
		if err != nil {
			return bodies, err
		}
		bodies = append(bodies, string(body))
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "Content-Length: 2\r\n\r\n{}", "Content-Length: 67108864\r\n\r\n{}", "A: b\nContent-Length: 0\n\n", "\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		reader := NewReader(bytes.NewReader(stream))
		for {
			body, err := reader.Read()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrFrame) {
					t.Fatalf("an error of no known kind: %v", err)
				}
				return
			}
			if len(body) > len(stream) {
				t.Fatalf("%d bytes out of %d", len(body), len(stream))
			}
			again, err := NewReader(bytes.NewReader(AppendFrame(nil, body))).Read()
			if err != nil || !bytes.Equal(again, body) {
				t.Fatalf("written and read again: %q, %v; want %q", again, err, body)
			}
		}
	})
}
