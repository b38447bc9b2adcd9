package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"emberline/helper/protocol"
)

// peer is the other end of a Conn under test.
type peer struct {
	t      *testing.T
	in     *io.PipeWriter
	out    *Reader
	closed chan error
}

// connect serves a Conn whose handlers are registered by register.
func connect(t *testing.T, register func(*Conn)) *peer {
	t.Helper()
	fromPeer, in := io.Pipe()
	out, toPeer := io.Pipe()
	conn := New(fromPeer, toPeer)
	register(conn)
	p := &peer{t: t, in: in, out: NewReader(out), closed: make(chan error, 1)}
	go func() {
		p.closed <- conn.Serve(context.Background())
		toPeer.Close()
		fromPeer.Close()
	}()
	t.Cleanup(func() { in.Close(); out.Close() })
	return p
}

func (p *peer) say(bodies ...string) {
	for _, body := range bodies {
		if _, err := p.in.Write(AppendFrame(nil, []byte(body))); err != nil {
			p.t.Errorf("the peer could not say %s: %v", body, err)
		}
	}
}

func (p *peer) hear() string {
	p.t.Helper()
	body, err := p.out.Read()
	if err != nil {
		p.t.Fatalf("the peer heard nothing: %v", err)
	}
	return string(body)
}

func (p *peer) ended(within time.Duration) error {
	p.t.Helper()
	select {
	case err := <-p.closed:
		return err
	case <-time.After(within):
		p.t.Fatalf("Serve did not return within %v", within)
		return nil
	}
}

func request(id, method, params string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":` + params + `}`
}

func echo(_ context.Context, params json.RawMessage) (any, error) { return params, nil }

func TestAnswers(t *testing.T) {
	register := func(c *Conn) {
		c.OnRequest("echo", echo)
		c.OnRequest("nothing", func(context.Context, json.RawMessage) (any, error) { return nil, nil })
		c.OnRequest("panic", func(context.Context, json.RawMessage) (any, error) { panic("oh") })
		c.OnRequest("number", func(_ context.Context, params json.RawMessage) (any, error) { return Decode[int](params) })
		c.OnRequest("unencodable", func(context.Context, json.RawMessage) (any, error) { return func() {}, nil })
		c.OnRequest("busy", func(context.Context, json.RawMessage) (any, error) {
			return nil, protocol.Errorf(protocol.ErrBusy, "A session is running already.")
		})
		c.OnNotification("boom", func(json.RawMessage) { panic("oh") })
		c.Admit = func(method string) error {
			if method == "forbidden" {
				return &Error{CodeServerNotInitialized, "Not yet."}
			}
			return nil
		}
	}
	internal := `{"code":-32603,"message":"The helper failed (oh).","data":{"code":"internal","next":"Please report this with the output of emberline-helper doctor."}}`
	for _, test := range []struct{ name, say, want string }{
		{"result", request("1", "echo", `{"a":[1,"x"]}`), `"id":1,"result":{"a":[1,"x"]}`},
		{"string id", request(`"a\u0000b"`, "echo", "1"), `"id":"a\u0000b","result":1`},
		{"null result", request("2", "nothing", "{}"), `"id":2,"result":null`},
		{"no params", `{"jsonrpc":"2.0","id":3,"method":"number"}`, `"id":3,"result":0`},
		{"wrong params", request("4", "number", `"x"`), `"id":4,"error":{"code":-32602,"message":"The parameters are malformed (json: cannot unmarshal string into Go value of type int).","data":{"code":"usage"`},
		{"catalogue failure", request("5", "busy", "{}"), `"id":5,"error":{"code":-33011,"message":"A session is running already.","data":{"code":"busy","next":"Stop the running session first."}}`},
		{"unknown method", request("6", "other", "{}"), `"id":6,"error":{"code":-32601,"message":"There is no method other."}`},
		{"not admitted", request("7", "forbidden", "{}"), `"id":7,"error":{"code":-32002,"message":"Not yet."}`},
		{"panic", request("8", "panic", "{}"), `"id":8,"error":` + internal},
		{"result that is no JSON", request("9", "unencodable", "{}"), `"id":9,"error":{"code":-32603`},
		{"no JSON", `{"jsonrpc":`, `"id":null,"error":{"code":-32700,"message":"The message is not JSON."}`},
		{"batch", `[` + request("10", "echo", "1") + `]`, `"id":null,"error":{"code":-32600`},
		{"version missing", `{"id":11,"method":"echo"}`, `"id":11,"error":{"code":-32600`},
		{"object as id", request(`{}`, "echo", "1"), `"id":null,"error":{"code":-32600`},
		{"panic in a notification", `{"jsonrpc":"2.0","method":"boom"}` + "\x00" + request("12", "echo", "1"), `"id":12,"result":1`},
		{"unknown notification", `{"jsonrpc":"2.0","method":"$/other"}` + "\x00" + request("13", "echo", "1"), `"id":13,"result":1`},
		{"an answer", `{"jsonrpc":"2.0","id":1,"result":0}` + "\x00" + request("14", "echo", "1"), `"id":14,"result":1`},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := connect(t, register)
			go p.say(strings.Split(test.say, "\x00")...)
			if got := p.hear(); !strings.HasPrefix(got, `{"jsonrpc":"2.0",`+test.want) {
				t.Errorf("got %s\nwant …%s", got, test.want)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	started := make(chan struct{})
	p := connect(t, func(c *Conn) {
		c.OnRequest("wait", func(ctx context.Context, _ json.RawMessage) (any, error) {
			close(started)
			<-ctx.Done()
			return nil, ctx.Err()
		})
	})
	p.say(request(`"a"`, "wait", "{}"))
	<-started
	p.say(
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"other"}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":7}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}`,
	)
	if got, want := p.hear(), `{"jsonrpc":"2.0","id":"a","error":{"code":-32800,"message":"The request was cancelled."}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRequestsRunBesideEachOtherUnlessOrdered(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	var order []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	p := connect(t, func(c *Conn) {
		c.OnRequest("slow", func(context.Context, json.RawMessage) (any, error) { <-release; note("slow"); return 1, nil })
		c.OnOrderedRequest("first", func(context.Context, json.RawMessage) (any, error) {
			time.Sleep(20 * time.Millisecond)
			note("first")
			return 2, nil
		})
		c.OnNotification("second", func(json.RawMessage) { note("second") })
		c.OnRequest("third", func(context.Context, json.RawMessage) (any, error) { note("third"); return 3, nil })
	})
	go p.say(request("1", "slow", "{}"), request("2", "first", "{}"), `{"jsonrpc":"2.0","method":"second"}`, request("3", "third", "{}"))
	for _, want := range []string{`"id":2`, `"id":3`} {
		if got := p.hear(); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	close(release)
	p.hear()
	if want := []string{"first", "second", "third", "slow"}; !slices.Equal(order, want) {
		t.Errorf("ran %v, want %v", order, want)
	}
}

func TestTwoRequestsWithOneID(t *testing.T) {
	release := make(chan struct{})
	p := connect(t, func(c *Conn) {
		c.OnRequest("wait", func(context.Context, json.RawMessage) (any, error) { <-release; return 1, nil })
	})
	go p.say(request("1", "wait", "{}"), request("1", "wait", "{}"))
	if got := p.hear(); !strings.Contains(got, `"code":-32600`) {
		t.Errorf("got %s", got)
	}
	close(release)
	if got := p.hear(); !strings.Contains(got, `"result":1`) {
		t.Errorf("got %s", got)
	}
}

func TestTooManyRequests(t *testing.T) {
	release := make(chan struct{})
	p := connect(t, func(c *Conn) {
		c.OnRequest("wait", func(context.Context, json.RawMessage) (any, error) { <-release; return 1, nil })
	})
	go func() {
		for id := range maxRunning + 1 {
			p.say(request(strconv.Itoa(id), "wait", "{}"))
		}
	}()
	if got := p.hear(); !strings.Contains(got, `"code":-32603`) {
		t.Errorf("got %s", got)
	}
	close(release)
	for range maxRunning {
		p.hear()
	}
}

func TestWhatFollowsAnAnswerDoesNotOvertakeIt(t *testing.T) {
	var conn *Conn
	p := connect(t, func(c *Conn) {
		conn = c
		c.OnRequest("start", func(context.Context, json.RawMessage) (any, error) {
			return Then{Result: "started", After: func() { _ = conn.Notify("news", 1) }}, nil
		})
	})
	for range 20 {
		p.say(request("1", "start", "{}"))
		if got := p.hear(); got != `{"jsonrpc":"2.0","id":1,"result":"started"}` {
			t.Fatalf("got %s", got)
		}
		if got := p.hear(); got != `{"jsonrpc":"2.0","method":"news","params":1}` {
			t.Fatalf("got %s", got)
		}
	}
}

func TestEndOfStreamStillAnswersWhatWasAsked(t *testing.T) {
	p := connect(t, func(c *Conn) { c.OnOrderedRequest("echo", echo) })
	go func() {
		p.say(request("1", "echo", "1"), request("2", "echo", "2"))
		p.in.Close()
	}()
	for _, want := range []string{`"id":1`, `"id":2`} {
		if got := p.hear(); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := p.ended(time.Second); err != nil {
		t.Errorf("a peer that hangs up is no error, got %v", err)
	}
}

func TestServeReturns(t *testing.T) {
	hang := func(ctx context.Context, _ json.RawMessage) (any, error) { select {} }
	for _, test := range []struct {
		name     string
		register func(*Conn)
		do       func(*peer)
		want     error
	}{
		{"the peer hangs up", func(*Conn) {}, func(p *peer) { p.in.Close() }, nil},
		{
			"while a handler hangs", func(c *Conn) { c.OnRequest("hang", hang) },
			func(p *peer) { p.say(request("1", "hang", "{}")); p.in.Close() }, nil,
		},
		{
			"while an ordered handler hangs", func(c *Conn) { c.OnOrderedRequest("hang", hang) },
			func(p *peer) { p.say(request("1", "hang", "{}")); p.in.Close() }, nil,
		},
		{
			"while it does not read", func(c *Conn) { c.OnOrderedRequest("echo", echo) },
			func(p *peer) {
				for range 3 * queuedFrames {
					p.say(request("1", "echo", "1"))
				}
				p.in.Close()
			}, nil,
		},
		{
			"when it only sends", func(c *Conn) { c.OnOrderedRequest("echo", echo) },
			func(p *peer) {
				for {
					if _, err := p.in.Write(AppendFrame(nil, []byte(request("1", "echo", "1")))); err != nil {
						return
					}
				}
			}, ErrStalled,
		},
		{"a frame is malformed", func(*Conn) {}, func(p *peer) { _, _ = p.in.Write([]byte("hello\r\n\r\n")) }, ErrFrame},
		{
			"it closes itself", func(c *Conn) { c.OnNotification("exit", func(json.RawMessage) { c.Close() }) },
			func(p *peer) { p.say(`{"jsonrpc":"2.0","method":"exit"}`) }, nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := connect(t, test.register)
			go test.do(p)
			if err := p.ended(900 * time.Millisecond); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestNotifyAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		conn := New(reader, io.Discard)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- conn.Serve(ctx) }()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("got %v", err)
		}
		if err := conn.Notify("late", nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		writer.Close()
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		request("1", "a", "{}"), `[]`, `{"jsonrpc":"2.0","id":null}`, `{"jsonrpc":"2.0","method":"x","params":[1]}`, `{"id":{}}`, `"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message, fault := parse(body)
		if message.ID != nil && !json.Valid(message.ID) {
			t.Errorf("an id that cannot be sent back: %q", message.ID)
		}
		if fault != nil && fault.Code != CodeParseError && fault.Code != CodeInvalidRequest {
			t.Errorf("fault %v", fault)
		}
	})
}
