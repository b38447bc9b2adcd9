package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"emberline/helper/protocol"
)

// Error numbers of JSON-RPC 2.0 and LSP 3.17 that are about the conversation
// itself and therefore not in Emberline's catalogue.
const (
	CodeParseError           = -32700
	CodeInvalidRequest       = -32600
	CodeMethodNotFound       = -32601
	CodeServerNotInitialized = -32002
	CodeRequestCancelled     = -32800
)

// Error refuses a request for a reason outside the catalogue.
type Error struct {
	Code    int
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// incoming is any message of a peer. A pointer or nil tells absent from empty.
type incoming struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  *string         `json:"method"`
	Params  json.RawMessage `json:"params"`
}

type outgoing struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *errorObject    `json:"error,omitempty"`
}

type errorObject struct {
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Data    *errorData `json:"data,omitempty"`
}

// errorData carries what the editor tells failures apart by, and what it shows.
type errorData struct {
	Code protocol.Code `json:"code"`
	Next string        `json:"next"`
}

var nullID = json.RawMessage("null")

// parse tells a request (ID set) from a notification (ID nil). The ID is valid
// in an error too, when the message got so far.
func parse(body []byte) (incoming, *Error) {
	var message incoming
	if !json.Valid(body) {
		return message, &Error{CodeParseError, "The message is not JSON."}
	}
	// LSP has no batches, so an array is as wrong as a number.
	if err := json.Unmarshal(body, &message); err != nil {
		return incoming{}, &Error{CodeInvalidRequest, "The message is not a JSON-RPC object."}
	}
	if message.ID != nil && !validID(message.ID) {
		message.ID = nil
		return message, &Error{CodeInvalidRequest, "The id is neither a string nor a number."}
	}
	if message.Version != "2.0" {
		return message, &Error{CodeInvalidRequest, `The message lacks "jsonrpc":"2.0".`}
	}
	return message, nil
}

func validID(id json.RawMessage) bool {
	return len(id) > 0 && (id[0] == '"' || id[0] == '-' || id[0] >= '0' && id[0] <= '9')
}

// Decode reads params into T. Members that T lacks are ignored, as LSP wants of
// both sides; missing params are T's zero value; a wrong type is ErrUsage.
func Decode[T any](params json.RawMessage) (T, error) {
	var value T
	if len(params) == 0 || bytes.Equal(params, nullID) {
		return value, nil
	}
	if err := json.Unmarshal(params, &value); err != nil {
		return value, protocol.Errorf(protocol.ErrUsage, "The parameters are malformed (%w).", err)
	}
	return value, nil
}

// describe makes the error object of a failed request.
func describe(err error) *errorObject {
	var plain *Error
	if errors.As(err, &plain) {
		return &errorObject{Code: plain.Code, Message: plain.Message}
	}
	var known *protocol.Error
	if !errors.As(err, &known) {
		if errors.Is(err, context.Canceled) {
			return &errorObject{Code: CodeRequestCancelled, Message: "The request was cancelled."}
		}
		known = protocol.Errorf(protocol.ErrInternal, "%w", err)
	}
	return &errorObject{
		Code:    known.RPCCode(),
		Message: known.Message,
		Data:    &errorData{Code: known.Code, Next: known.NextStep()},
	}
}
