package server

import (
	"encoding/json"

	"emberline/helper/internal/rpc"
)

// progress reports on a request whose client gave it a workDoneToken (LSP 3.17,
// "Client Initiated Progress"); without one it says nothing.
type progress struct {
	conn  *rpc.Conn
	token json.RawMessage
}

type progressValue struct {
	Kind        string `json:"kind"`
	Title       string `json:"title,omitempty"`
	Cancellable bool   `json:"cancellable,omitempty"`
	Message     string `json:"message,omitempty"`
}

// begin shows a title; the request can be cancelled.
func begin(conn *rpc.Conn, params json.RawMessage, title string) progress {
	asked, err := rpc.Decode[struct {
		WorkDoneToken json.RawMessage `json:"workDoneToken"`
	}](params)
	if err != nil || string(asked.WorkDoneToken) == "null" {
		asked.WorkDoneToken = nil
	}
	p := progress{conn, asked.WorkDoneToken}
	p.tell(progressValue{Kind: "begin", Title: title, Cancellable: true})
	return p
}

func (p progress) end(message string) { p.tell(progressValue{Kind: "end", Message: message}) }

func (p progress) tell(value progressValue) {
	if p.token == nil {
		return
	}
	// Nobody waits for progress on a connection that is closed.
	_ = p.conn.Notify("$/progress", struct {
		Token json.RawMessage `json:"token"`
		Value progressValue   `json:"value"`
	}{p.token, value})
}
