package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"emberline/helper/protocol"
)

const (
	// maxRunning bounds the requests that run at once. The editor has a handful.
	maxRunning = 64
	// queuedFrames is how many messages may wait for a peer that does not read;
	// then senders wait too. Only one of them can be a delta.
	queuedFrames = 32
	// queuedBodies is how many messages may wait to be looked at.
	queuedBodies = 256
	// stallTime is how long they may do so when they are that many. A peer that
	// sends and does not read its answers would otherwise hide the end of its
	// stream, which must end this process, behind messages nobody looks at.
	stallTime = 300 * time.Millisecond
	// flushTime is how long the end of Serve waits for a slow peer to take the
	// last messages.
	flushTime = 400 * time.Millisecond
)

var (
	// ErrClosed is returned by Notify when nobody will read the message.
	ErrClosed = errors.New("connection closed")
	// ErrStalled ends a connection whose peer sends without reading.
	ErrStalled = errors.New("the peer sends requests and does not read the answers")
)

// Handler answers a request. Its context ends when the peer cancels the request
// or goes away. A Then result has something done after the answer.
type Handler func(ctx context.Context, params json.RawMessage) (any, error)

// Then is a handler's result with something to do once the answer is on its
// way, so that what follows from a request cannot overtake its answer.
type Then struct {
	Result any
	After  func()
}

// Conn is one peer. Register handlers, then call Serve once.
type Conn struct {
	in            *Reader
	out           io.Writer
	requests      map[string]registration
	notifications map[string]func(params json.RawMessage)

	// Admit may refuse a request, or have a notification ignored, before its handler is looked up.
	Admit func(method string) error

	frames  chan []byte
	closed  chan struct{}
	closing sync.Once

	mu      sync.Mutex
	running map[string]context.CancelFunc
}

type registration struct {
	handle  Handler
	ordered bool
}

// New makes a peer that reads from in and writes to out.
func New(in io.Reader, out io.Writer) *Conn {
	c := &Conn{
		in:            NewReader(in),
		out:           out,
		requests:      map[string]registration{},
		notifications: map[string]func(json.RawMessage){},
		Admit:         func(string) error { return nil },
		frames:        make(chan []byte, queuedFrames),
		closed:        make(chan struct{}),
		running:       map[string]context.CancelFunc{},
	}
	c.OnNotification("$/cancelRequest", c.cancel)
	return c
}

// OnRequest registers a handler that runs beside others.
func (c *Conn) OnRequest(method string, handle Handler) {
	c.requests[method] = registration{handle: handle}
}

// OnOrderedRequest registers a handler that ends before the next message is looked at.
func (c *Conn) OnOrderedRequest(method string, handle Handler) {
	c.requests[method] = registration{handle: handle, ordered: true}
}

// OnNotification registers a handler that must be quick: the next message waits for it.
func (c *Conn) OnNotification(method string, handle func(params json.RawMessage)) {
	c.notifications[method] = handle
}

// Notify sends a notification. It waits while the peer does not read.
func (c *Conn) Notify(method string, params any) error {
	return c.send(outgoing{Version: "2.0", Method: method, Params: params})
}

// Close makes Serve return. Messages already sent are still delivered.
func (c *Conn) Close() { c.closing.Do(func() { close(c.closed) }) }

// Serve answers until the peer closes its stream, Close is called or ctx ends;
// those are no errors. It returns within about flushTime of that, even when a
// handler hangs or the peer does not read; one goroutine may then still wait in
// a Read or Write that only closing the streams ends.
func (c *Conn) Serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	bodies, failed := make(chan []byte, queuedBodies), make(chan error, 1)
	go c.read(bodies, failed)
	written := make(chan struct{})
	go c.write(written)
	// Its own goroutine, because an ordered handler may wait for a peer that is gone.
	dispatched := make(chan struct{})
	go func() {
		defer close(dispatched)
		for body := range bodies {
			if ctx.Err() != nil {
				return
			}
			c.dispatch(ctx, body)
		}
	}()

	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	case <-c.closed:
	}
	deadline, release := context.WithTimeout(context.Background(), flushTime)
	defer release()
	if errors.Is(err, io.EOF) {
		err = nil
		// What was said before the end is still looked at.
		select {
		case <-dispatched:
		case <-deadline.Done():
		}
	}
	stop()
	c.Close()
	select {
	case <-written:
	case <-deadline.Done():
	}
	return err
}

func (c *Conn) read(bodies chan<- []byte, failed chan<- error) {
	defer close(bodies)
	for {
		body, err := c.in.Read()
		if err != nil {
			failed <- err
			return
		}
		select {
		case bodies <- body:
			continue
		default:
		}
		select {
		case bodies <- body:
		case <-c.closed:
			return
		case <-time.After(stallTime):
			failed <- ErrStalled
			return
		}
	}
}

// write is the only writer of out, so messages cannot interleave.
func (c *Conn) write(written chan<- struct{}) {
	defer close(written)
	for {
		select {
		case frame := <-c.frames:
			if !c.writeFrame(frame) {
				return
			}
			continue
		case <-c.closed:
		}
		// What was sent before the end is still delivered.
		for {
			select {
			case frame := <-c.frames:
				if !c.writeFrame(frame) {
					return
				}
			default:
				return
			}
		}
	}
}

func (c *Conn) writeFrame(frame []byte) bool {
	if _, err := c.out.Write(frame); err != nil {
		// A peer that cannot be answered is gone.
		c.Close()
		return false
	}
	return true
}

func (c *Conn) send(message outgoing) error {
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	select {
	case <-c.closed:
		return ErrClosed
	default:
	}
	select {
	case c.frames <- AppendFrame(make([]byte, 0, len(body)+40), body):
		return nil
	case <-c.closed:
		return ErrClosed
	}
}

// reply sends the answer to a request; a result that cannot be encoded is a failure.
func (c *Conn) reply(id json.RawMessage, result any, failure error) {
	message := outgoing{Version: "2.0", ID: id}
	if failure == nil {
		message.Result, failure = json.Marshal(result)
	}
	if failure != nil {
		message.Result, message.Error = nil, describe(failure)
	}
	// The only failure left is that nobody listens any more.
	_ = c.send(message)
}

func (c *Conn) dispatch(ctx context.Context, body []byte) {
	message, fault := parse(body)
	switch {
	case fault != nil && message.ID != nil:
		c.reply(message.ID, nil, fault)
	case fault != nil:
		c.reply(nullID, nil, fault)
	case message.Method == nil:
		// An answer; nothing is ever asked of the peer.
	case message.ID == nil:
		c.notified(*message.Method, message.Params)
	default:
		c.requested(ctx, message.ID, *message.Method, message.Params)
	}
}

func (c *Conn) notified(method string, params json.RawMessage) {
	handle, known := c.notifications[method]
	if !known || c.Admit(method) != nil {
		return
	}
	// There is nobody to tell of a panic, and a session to go on with.
	_, _ = guard(context.Background(), func(context.Context, json.RawMessage) (any, error) {
		handle(params)
		return nil, nil
	}, params)
}

func (c *Conn) requested(ctx context.Context, id json.RawMessage, method string, params json.RawMessage) {
	if err := c.Admit(method); err != nil {
		c.reply(id, nil, err)
		return
	}
	registered, known := c.requests[method]
	if !known {
		c.reply(id, nil, &Error{CodeMethodNotFound, "There is no method " + method + "."})
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	if err := c.enter(id, cancel); err != nil {
		cancel()
		c.reply(id, nil, err)
		return
	}
	if registered.ordered {
		c.run(ctx, id, registered.handle, params)
		return
	}
	go c.run(ctx, id, registered.handle, params)
}

func (c *Conn) run(ctx context.Context, id json.RawMessage, handle Handler, params json.RawMessage) {
	result, err := guard(ctx, handle, params)
	c.leave(id)
	then, follows := result.(Then)
	if follows {
		result = then.Result
	}
	c.reply(id, result, err)
	if follows && err == nil && then.After != nil {
		then.After()
	}
}

// guard turns a panic into a failed request: samples already taken outlive it.
func guard(ctx context.Context, handle Handler, params json.RawMessage) (result any, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			result, err = nil, protocol.Errorf(protocol.ErrInternal, "The helper failed (%v).", caught)
		}
	}()
	return handle(ctx, params)
}

func (c *Conn) enter(id json.RawMessage, cancel context.CancelFunc) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.running[string(id)]; twice {
		return &Error{CodeInvalidRequest, "A request with this id is still running."}
	}
	if len(c.running) >= maxRunning {
		return protocol.Errorf(protocol.ErrInternal, "More than %d requests at once.", maxRunning)
	}
	c.running[string(id)] = cancel
	return nil
}

func (c *Conn) leave(id json.RawMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running[string(id)]()
	delete(c.running, string(id))
}

func (c *Conn) cancel(params json.RawMessage) {
	request, err := Decode[struct {
		ID json.RawMessage `json:"id"`
	}](params)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, known := c.running[string(request.ID)]; known {
		cancel()
	}
}
