package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"emberline/helper/internal/rpc"
	"emberline/helper/internal/source"
	"emberline/helper/protocol"
)

// sampled is a scripted Session: each sample is one count on node 0.
type sampled struct {
	mu      sync.Mutex
	pending int
	stats   protocol.Stats
	failure error
	stopped int
	done    chan struct{}
}

func newSampled() *sampled { return &sampled{done: make(chan struct{})} }

func (s *sampled) sample(count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending += count
	s.stats.Samples += int64(count)
}

// end is what the session does when its targets have gone.
func (s *sampled) end(failure error) {
	s.failure = failure
	close(s.done)
}

func (s *sampled) Delta() (protocol.Delta, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := s.pending
	s.pending = 0
	return protocol.Delta{Counts: protocol.SampleCounts{Node: []int{0}, Count: []int{count}}, Stats: s.stats}, count > 0
}

func (s *sampled) Done() <-chan struct{} { return s.done }

func (s *sampled) Stop() (protocol.Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped++
	return s.stats, s.failure
}

func (s *sampled) stops() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

func (*sampled) Event() string      { return "cpu-clock" }
func (*sampled) Sampler() string    { return "bpf" }
func (*sampled) WhyNotBPF() string  { return "" }
func (*sampled) Started() time.Time { return time.UnixMilli(1234) }
func (*sampled) Origin(string, int) (source.Origin, bool) {
	return source.Origin{}, false
}

// client drives a Server over pipes.
type client struct {
	t      *testing.T
	in     *io.PipeWriter
	heard  chan message
	ended  chan bool
	lastID int
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code int                   `json:"code"`
		Data struct{ Code string } `json:"data"`
	} `json:"error"`
}

func connect(t *testing.T, backend Backend) *client {
	t.Helper()
	fromClient, in := io.Pipe()
	out, toClient := io.Pipe()
	c := &client{t: t, in: in, heard: make(chan message, 100), ended: make(chan bool, 1)}
	go func() {
		orderly, err := New(fromClient, toClient, backend).Serve(context.Background())
		if err != nil {
			t.Errorf("Serve: %v", err)
		}
		c.ended <- orderly
		toClient.Close()
	}()
	go func() {
		defer close(c.heard)
		for reader := rpc.NewReader(out); ; {
			body, err := reader.Read()
			if err != nil {
				return
			}
			var heard message
			if err := json.Unmarshal(body, &heard); err != nil {
				t.Errorf("%s: %v", body, err)
			}
			c.heard <- heard
		}
	}()
	t.Cleanup(func() { in.Close() })
	return c
}

// initialized is a client that has shaken hands.
func initializedClient(t *testing.T, backend Backend) *client {
	t.Helper()
	c := connect(t, backend)
	c.answered(c.ask("initialize", fmt.Sprintf(`{"processId":1,"initializationOptions":{"protocolVersion":%d}}`, protocol.Version)))
	c.tell("initialized", `{}`)
	return c
}

func (c *client) write(body string) {
	if _, err := c.in.Write(rpc.AppendFrame(nil, []byte(body))); err != nil {
		c.t.Errorf("%s: %v", body, err)
	}
}

func (c *client) tell(method, params string) {
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

func (c *client) ask(method, params string) int {
	c.lastID++
	c.write(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, c.lastID, method, params))
	return c.lastID
}

// next is the next message that is not for the log.
func (c *client) next() message {
	c.t.Helper()
	for {
		select {
		case heard, ok := <-c.heard:
			if !ok {
				c.t.Fatal("the server has gone")
			}
			if heard.Method != "window/logMessage" {
				return heard
			}
		case <-time.After(5 * time.Second):
			c.t.Fatal("heard nothing")
		}
	}
}

// silent asserts that nothing comes for a while.
func (c *client) silent(during time.Duration) {
	c.t.Helper()
	select {
	case heard := <-c.heard:
		if heard.Method != "window/logMessage" {
			c.t.Fatalf("heard %s %s", heard.Method, heard.Params)
		}
	case <-time.After(during):
	}
}

func (c *client) answered(id int) json.RawMessage {
	c.t.Helper()
	heard := c.next()
	if heard.ID != id || heard.Error != nil {
		c.t.Fatalf("heard %+v (%+v), want the answer to %d", heard, heard.Error, id)
	}
	return heard.Result
}

func (c *client) refused(id, code int) {
	c.t.Helper()
	heard := c.next()
	if heard.ID != id || heard.Error == nil || heard.Error.Code != code {
		c.t.Fatalf("heard %+v (%+v), want that %d is refused with %d", heard, heard.Error, id, code)
	}
}

// delta asserts the next message to be a delta with so many samples.
func (c *client) delta(session, sequence, count int) {
	c.t.Helper()
	heard := c.next()
	var got protocol.Delta
	if err := json.Unmarshal(heard.Params, &got); err != nil || heard.Method != protocol.MethodDelta {
		c.t.Fatalf("heard %+v, want delta %d", heard, sequence)
	}
	if got.SessionID != session || got.Sequence != sequence || got.Counts.Count[0] != count {
		c.t.Fatalf("got %d.%d with %d samples, want %d.%d with %d", got.SessionID, got.Sequence, got.Counts.Count[0], session, sequence, count)
	}
}

func (c *client) acknowledge(session, sequence int) {
	c.tell(protocol.MethodAcknowledge, fmt.Sprintf(`{"sessionId":%d,"sequence":%d}`, session, sequence))
}

func (c *client) start() {
	c.t.Helper()
	c.answered(c.ask(protocol.MethodStart, `{"pids":[1],"frequencyHz":99,"deltaIntervalMs":50}`))
}

func starting(session Session) Backend {
	return Backend{Start: func(protocol.StartParams) (Session, error) { return session, nil }}
}

func TestLifeCycle(t *testing.T) {
	c := connect(t, Backend{Info: protocol.HelperInfo{Version: "1.2.3", PID: 5}, Doctor: func() protocol.DoctorReport { return protocol.DoctorReport{} }})
	c.refused(c.ask(protocol.MethodDoctor, `{}`), rpc.CodeServerNotInitialized)
	c.refused(c.ask("shutdown", `null`), rpc.CodeServerNotInitialized)
	c.refused(c.ask("initialize", `{}`), -33001)
	c.refused(c.ask("initialize", `{"initializationOptions":{"protocolVersion":0}}`), -33001)
	c.refused(c.ask(protocol.MethodDoctor, `{}`), rpc.CodeServerNotInitialized)
	result := string(c.answered(c.ask("initialize", fmt.Sprintf(`{"initializationOptions":{"protocolVersion":%d}}`, protocol.Version))))
	for _, part := range []string{
		`"workspace":{"textDocumentContent":{"schemes":["emberline-source"]}}`, `"version":"1.2.3"`,
		`"experimental":{"emberline":{"protocolVersion":`, `"serverInfo":{"name":"emberline-helper","version":"1.2.3"}`,
	} {
		if !strings.Contains(result, part) {
			t.Errorf("%s lacks %s", result, part)
		}
	}
	c.refused(c.ask("initialize", `{}`), rpc.CodeInvalidRequest)
	c.answered(c.ask(protocol.MethodDoctor, `{}`))
	if got := c.answered(c.ask("shutdown", `null`)); string(got) != "null" {
		t.Errorf("shutdown answers %s", got)
	}
	c.refused(c.ask(protocol.MethodDoctor, `{}`), rpc.CodeInvalidRequest)
	c.refused(c.ask("shutdown", `null`), rpc.CodeInvalidRequest)
	c.tell("exit", `null`)
	if !<-c.ended {
		t.Error("an exit after shutdown is orderly")
	}
}

func TestEndsThatAreNotOrderly(t *testing.T) {
	for name, end := range map[string]func(*client){
		"exit without shutdown": func(c *client) { c.tell("exit", `null`) },
		"exit before all":       func(c *client) { c.tell("exit", `null`) },
		"hang up":               func(c *client) { c.in.Close() },
	} {
		c := initializedClient(t, Backend{})
		end(c)
		if <-c.ended {
			t.Errorf("%s was taken for orderly", name)
		}
	}
}

func TestOneDeltaIsUnderWay(t *testing.T) {
	session := newSampled()
	c := initializedClient(t, starting(session))
	c.start()
	session.sample(3)
	c.delta(1, 1, 3)
	// Not acknowledged: what comes merges, however long it takes.
	session.sample(1)
	c.silent(150 * time.Millisecond)
	session.sample(4)
	c.acknowledge(2, 1)
	c.acknowledge(1, 0)
	c.silent(100 * time.Millisecond)
	c.acknowledge(1, 1)
	c.delta(1, 2, 5)
	c.acknowledge(1, 2)
	// Nothing new: nothing is sent.
	c.silent(150 * time.Millisecond)
	session.sample(7)
	c.delta(1, 3, 7)
}

func TestStopSendsTheRestFirst(t *testing.T) {
	session := newSampled()
	c := initializedClient(t, starting(session))
	c.start()
	session.sample(1)
	c.delta(1, 1, 1)
	session.sample(2)
	id := c.ask(protocol.MethodStop, `{"sessionId":1}`)
	c.delta(1, 2, 2)
	var result protocol.StopResult
	if err := json.Unmarshal(c.answered(id), &result); err != nil || result.Stats.Samples != 3 {
		t.Errorf("%+v, %v", result, err)
	}
	// Asked again, it answers the same; another session's number is refused.
	c.answered(c.ask(protocol.MethodStop, `{"sessionId":1}`))
	c.refused(c.ask(protocol.MethodStop, `{"sessionId":2}`), -33012)
	session.done = make(chan struct{})
	c.start()
	session.sample(1)
	c.delta(2, 1, 1)
	if got := session.stops(); got != 1 {
		t.Errorf("stopped %d times", got)
	}
}

func TestOneSessionAtATime(t *testing.T) {
	slow, entered := make(chan struct{}), make(chan struct{})
	backend := Backend{Start: func(protocol.StartParams) (Session, error) {
		close(entered)
		<-slow
		return newSampled(), nil
	}}
	c := initializedClient(t, backend)
	first := c.ask(protocol.MethodStart, `{"pids":[1],"frequencyHz":99}`)
	<-entered
	c.refused(c.ask(protocol.MethodStart, `{"pids":[2],"frequencyHz":99}`), -33011)
	close(slow)
	c.answered(first)
	c.refused(c.ask(protocol.MethodStart, `{"pids":[2],"frequencyHz":99}`), -33011)
}

func TestFailedStartLeavesRoomForAnother(t *testing.T) {
	attempts := 0
	c := initializedClient(t, Backend{Start: func(protocol.StartParams) (Session, error) {
		switch attempts++; attempts {
		case 1:
			return nil, protocol.Errorf(protocol.ErrNoBTF, "The kernel carries no type information.")
		case 2:
			panic("oh")
		}
		return newSampled(), nil
	}})
	c.refused(c.ask(protocol.MethodStart, `{}`), -33004)
	c.refused(c.ask(protocol.MethodStart, `{}`), -32603)
	c.refused(c.ask(protocol.MethodStart, `{"deltaIntervalMs":-1}`), -32602)
	c.refused(c.ask(protocol.MethodStart, `{"deltaIntervalMs":60001}`), -32602)
	c.start()
}

func TestCancelledStartIsUndone(t *testing.T) {
	slow, session := make(chan struct{}), newSampled()
	c := initializedClient(t, Backend{Start: func(protocol.StartParams) (Session, error) { <-slow; return session, nil }})
	id := c.ask(protocol.MethodStart, `{"pids":[1],"workDoneToken":"t"}`)
	for _, want := range []string{`"kind":"begin"`, `"kind":"end"`} {
		heard := c.next()
		if heard.Method != "$/progress" || !strings.Contains(string(heard.Params), want) || !strings.Contains(string(heard.Params), `"token":"t"`) {
			t.Errorf("heard %s %s, want %s", heard.Method, heard.Params, want)
		}
		if want == `"kind":"begin"` {
			c.tell("$/cancelRequest", fmt.Sprintf(`{"id":%d}`, id))
			// The request after it is looked at only when the cancel was.
			c.refused(c.ask("other", `{}`), rpc.CodeMethodNotFound)
			close(slow)
		}
	}
	c.refused(id, rpc.CodeRequestCancelled)
	if session.stops() != 1 {
		t.Error("a session that nobody wants any more goes on")
	}
	c.start()
}

func TestTellsWhenItEndsByItself(t *testing.T) {
	for _, test := range []struct {
		name    string
		failure error
		reason  string
	}{
		{"targets gone", nil, "targets-exited"},
		{"known failure", fmt.Errorf("read: %w", protocol.Errorf(protocol.ErrBPFForbidden, "No.")), "bpf-forbidden"},
		{"unknown failure", errors.New("odd"), "internal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			session := newSampled()
			c := initializedClient(t, starting(session))
			c.start()
			session.sample(1)
			c.delta(1, 1, 1)
			session.sample(2)
			session.end(test.failure)
			c.delta(1, 2, 2)
			heard := c.next()
			var ended protocol.EndedParams
			if err := json.Unmarshal(heard.Params, &ended); err != nil || heard.Method != protocol.MethodEnded {
				t.Fatalf("heard %+v", heard)
			}
			if ended.SessionID != 1 || ended.Reason != test.reason || ended.Message == "" || ended.Stats.Samples != 3 {
				t.Errorf("got %+v", ended)
			}
			// A stop that crossed the end on its way is answered all the same.
			c.answered(c.ask(protocol.MethodStop, `{"sessionId":1}`))
		})
	}
}

func TestShutdownAndHangUpEndTheSession(t *testing.T) {
	session := newSampled()
	c := initializedClient(t, starting(session))
	c.start()
	session.sample(2)
	id := c.ask("shutdown", `null`)
	c.delta(1, 1, 2)
	c.answered(id)
	if session.stops() != 1 {
		t.Error("shutdown left the session running")
	}

	session = newSampled()
	c = initializedClient(t, starting(session))
	c.start()
	c.in.Close()
	<-c.ended
	if session.stops() != 1 {
		t.Error("a client that has gone left the session running")
	}
}

func TestOnlyNamedSourcesAreRead(t *testing.T) {
	c := initializedClient(t, Backend{})
	c.refused(c.ask(protocol.MethodSource, `{"remotePath":"/etc/passwd","pid":1}`), -33013)
	c.refused(c.ask(protocol.MethodTextDocumentContent, `{"uri":"emberline-source:/etc/passwd?pid=1"}`), -33013)
	c.refused(c.ask(protocol.MethodTextDocumentContent, `{"uri":"file:///etc/passwd"}`), -32602)
}

func TestParseSourceURI(t *testing.T) {
	for text, want := range map[string]sourceKey{
		"emberline-source:/srv/a.py?pid=7":               {"/srv/a.py", 7},
		"emberline-source:///srv/a.py?pid=7":             {"/srv/a.py", 7},
		"emberline-source:/srv/a%20b%3F%25.py?pid%3D7":   {"/srv/a b?%.py", 7},
		"emberline-source:/srv/%C3%A9.py?pid=2147483647": {"/srv/é.py", 2147483647},
		"emberline-source:/srv/../etc/passwd?pid=7":      {"/srv/../etc/passwd", 7},
		"emberline-source:/a.py":                         {},
		"emberline-source:/a.py?pid=":                    {},
		"emberline-source:/a.py?pid=-7":                  {},
		"emberline-source:/a.py?pid=2147483648":          {},
		"emberline-source:/a.py?pid=7&x=1":               {},
		"emberline-source:a.py?pid=7":                    {},
		"emberline-source://host/a.py?pid=7":             {},
		"file:///a.py?pid=7":                             {},
		"emberline-source:/%zz?pid=7":                    {},
		"":                                               {},
	} {
		if got, ok := parseSourceURI(text); got != want || ok != (want != sourceKey{}) {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, ok, want)
		}
	}
}

func FuzzParseSourceURI(f *testing.F) {
	f.Add("emberline-source:/srv/a%20b.py?pid=7")
	f.Fuzz(func(t *testing.T, text string) {
		key, ok := parseSourceURI(text)
		if ok && (!strings.HasPrefix(key.remotePath, "/") || key.pid < 0) {
			t.Errorf("%q: %+v", text, key)
		}
	})
}
