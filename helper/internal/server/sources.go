package server

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"emberline/helper/internal/rpc"
	"emberline/helper/protocol"
)

// sourceKey is a row of the delta's source table.
type sourceKey struct {
	remotePath string
	pid        int
}

// sender makes the function that sends a session's deltas. It remembers the
// sources that they name: only those can be asked for.
func (s *Server) sender(session Session) func(protocol.Delta) {
	var strings []string
	return func(delta protocol.Delta) {
		strings = append(strings, delta.Strings...)
		s.announce(session, &delta.Sources, strings)
		// A client that has gone is noticed by the reader.
		_ = s.conn.Notify(protocol.MethodDelta, delta)
	}
}

func (s *Server) announce(session Session, table *protocol.SourceTable, strings []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, pid := range table.PID {
		key := sourceKey{strings[table.RemotePath[i]], pid}
		if origin, ok := session.Origin(key.remotePath, key.pid); ok {
			s.sources[key] = origin
		}
	}
}

func (s *Server) source(_ context.Context, raw json.RawMessage) (any, error) {
	params, err := rpc.Decode[protocol.SourceParams](raw)
	if err != nil {
		return nil, err
	}
	return s.read(sourceKey{params.RemotePath, params.PID})
}

func (s *Server) textDocumentContent(_ context.Context, raw json.RawMessage) (any, error) {
	params, err := rpc.Decode[protocol.TextDocumentContentParams](raw)
	if err != nil {
		return nil, err
	}
	key, ok := parseSourceURI(params.URI)
	if !ok {
		return nil, protocol.Errorf(protocol.ErrUsage, "%q is not the address of a source.", params.URI)
	}
	read, err := s.read(key)
	if err != nil {
		return nil, err
	}
	return protocol.TextDocumentContentResult{Text: read.Text}, nil
}

func (s *Server) read(key sourceKey) (protocol.SourceResult, error) {
	s.mu.Lock()
	origin, known := s.sources[key]
	s.mu.Unlock()
	if !known {
		return protocol.SourceResult{}, protocol.Errorf(protocol.ErrSourceUnreadable,
			"No sampled process has run code of %s.", key.remotePath)
	}
	return s.backend.ReadSource(origin, key.remotePath)
}

// parseSourceURI reads protocol.SourceScheme's form. Editors may also encode the
// "=" of the query, as VS Code's Uri.toString does.
func parseSourceURI(text string) (sourceKey, bool) {
	address, err := url.Parse(text)
	if err != nil || address.Scheme != protocol.SourceScheme || address.Host != "" || !strings.HasPrefix(address.Path, "/") {
		return sourceKey{}, false
	}
	query, err := url.PathUnescape(address.RawQuery)
	if err != nil {
		return sourceKey{}, false
	}
	digits, ok := strings.CutPrefix(query, "pid=")
	pid, err := strconv.ParseUint(digits, 10, 31)
	if !ok || err != nil {
		return sourceKey{}, false
	}
	return sourceKey{address.Path, int(pid)}, true
}
