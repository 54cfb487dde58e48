// All that an agent can do, in Go. How it is run: docs/any-language.md.
package main

import (
	"context"
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"math/rand"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	parley "parley.example/v1"
)

// stream is one call of Work, and what is in hand on it.
type stream struct {
	parley.AgentHost_WorkClient
	sending sync.Mutex // a stream takes one frame at a time
	mu      sync.Mutex
	calls   int64
	answers map[int64]chan *parley.HostAnswer
	stops   map[int64]context.CancelFunc
}

// work is a message, an event or a command; its context ends when it is stopped, and with the stream.
type work struct {
	*stream
	context.Context
	number int64
}

func (s *stream) send(frame *parley.AgentFrame) {
	s.sending.Lock()
	defer s.sending.Unlock()
	_ = s.Send(frame) // a stream that broke says so to who receives
}

func (w *work) reply(text string, more bool) {
	reply := &parley.AgentReply{Text: text, More: more}
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_Reply{Reply: reply}})
}

func (w *work) piece(text string) {
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_Piece{Piece: text}})
}

// call has the server do something, and waits for it.
func (w *work) call(call *parley.HostCall) (*parley.HostAnswer, error) {
	answer := make(chan *parley.HostAnswer, 1)
	w.mu.Lock()
	w.calls++
	call.Number = w.calls
	w.answers[call.Number] = answer
	w.mu.Unlock()
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_Call{Call: call}})
	select {
	case given := <-answer:
		if given.ErrorCode != "" {
			return nil, fmt.Errorf("%s: %s", given.ErrorCode, given.ErrorMessage)
		}
		return given, nil
	case <-w.Done():
		return nil, w.Err()
	}
}

// count counts the messages of a person, also across restarts.
func (w *work) count() (string, error) {
	read := &parley.HostCall_ReadMemory{ReadMemory: &parley.ReadMemory{Key: "count"}}
	answer, err := w.call(&parley.HostCall{Call: read})
	if err != nil {
		return "", err
	}
	before, _ := strconv.Atoi(answer.Entry.Value) // empty: it is the first one
	write := &parley.WriteMemory{Key: "count", Value: strconv.Itoa(before + 1), ExpectedVersion: &answer.Entry.Version}
	answer, err = w.call(&parley.HostCall{Call: &parley.HostCall_WriteMemory{WriteMemory: write}})
	if err != nil {
		return "", err
	}
	return answer.Entry.Value, nil // where it was written before a crash: what was written then
}

func (w *work) message(given *parley.WorkMessage) error {
	text := strings.TrimPrefix(given.Message.Text, "@Gopher ")
	count, err := w.count()
	if err != nil {
		return err
	}
	if words := strings.SplitN(text, " ", 3); words[0] == "ask" && len(words) == 3 {
		ask := &parley.AskAgent{Target: &parley.AskAgent_TargetName{TargetName: words[1]}, Text: words[2]}
		answer, err := w.call(&parley.HostCall{Call: &parley.HostCall_Ask{Ask: ask}})
		if err != nil {
			return err
		}
		text = answer.Reply.Text
	}
	w.piece(fmt.Sprintf("%s, this is number %s: ", given.UserName, count)) // shown at once
	for text == "go on" {
		select {
		case <-w.Done(): // the person has stopped the answer
			return nil
		case <-time.After(100 * time.Millisecond):
			w.piece("on and ")
		}
	}
	w.reply(text, false)
	return nil
}

func (w *work) event(given *parley.WorkEvent) error {
	seen := &parley.PublishEvent{Channel: "agents", Type: "parcel_seen", Payload: given.Event.Payload}
	if _, err := w.call(&parley.HostCall{Call: &parley.HostCall_Publish{Publish: seen}}); err != nil {
		return err
	}
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_Done{Done: &parley.Done{}}})
	return nil
}

// Write takes what a command prints.
func (w *work) Write(data []byte) (int, error) {
	output := &parley.PrintedOutput{Data: append([]byte(nil), data...)}
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_Output{Output: output}})
	return len(data), nil
}

func (w *work) command(given *parley.WorkCommand) error {
	shell := exec.Command("sh", "-c", given.Line)
	shell.Stdout, shell.Stderr = w, w
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		select {
		case <-w.Done():
			_ = syscall.Kill(-shell.Process.Pid, syscall.SIGTERM)
		case <-ended:
		}
	}()
	err := shell.Wait()
	close(ended)
	if _, hasExited := err.(*exec.ExitError); err != nil && !hasExited {
		return err
	}
	code := int32(shell.ProcessState.ExitCode())
	end := &parley.CommandEnd{ExitCode: &code}
	w.send(&parley.AgentFrame{Work: w.number, Frame: &parley.AgentFrame_CommandEnd{CommandEnd: end}})
	return nil
}

// begin runs the handler of a work; where that fails, the work is tried again.
func (s *stream) begin(number int64, handler func(*work) error) {
	ctx, stop := context.WithCancel(s.Context())
	s.mu.Lock()
	s.stops[number] = stop
	s.mu.Unlock()
	go func() {
		w := &work{s, ctx, number}
		if err := handler(w); err != nil {
			failed := &parley.Failure{Message: err.Error()}
			w.send(&parley.AgentFrame{Work: number, Frame: &parley.AgentFrame_Failed{Failed: failed}})
		}
	}()
}

// end stops what is in hand for a work, if there is something.
func (s *stream) end(number int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop, isThere := s.stops[number]; isThere {
		delete(s.stops, number)
		stop()
	}
}

func (s *stream) answered(answer *parley.HostAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting, isThere := s.answers[answer.Number]; isThere {
		delete(s.answers, answer.Number)
		waiting <- answer
	}
}

// serve works until the server ends the stream: io.EOF says that the process is to end.
func serve(ctx context.Context, host parley.AgentHostClient, hello *parley.AgentHello, leaving context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client, err := host.Work(ctx)
	if err != nil {
		return err
	}
	s := &stream{
		AgentHost_WorkClient: client,
		answers:              map[int64]chan *parley.HostAnswer{},
		stops:                map[int64]context.CancelFunc{},
	}
	s.send(&parley.AgentFrame{Frame: &parley.AgentFrame_Hello{Hello: hello}})
	go func() {
		select {
		case <-leaving.Done(): // what is in hand is still answered
			s.send(&parley.AgentFrame{Frame: &parley.AgentFrame_Leave{Leave: &parley.Leave{}}})
		case <-ctx.Done():
		}
	}()
	for {
		frame, err := client.Recv()
		if err != nil {
			return err
		}
		switch given := frame.Frame.(type) {
		case *parley.ServerFrame_Welcome:
			hello.AgentId = given.Welcome.AgentId
		case *parley.ServerFrame_Message:
			s.begin(frame.Work, func(w *work) error { return w.message(given.Message) })
		case *parley.ServerFrame_Event:
			s.begin(frame.Work, func(w *work) error { return w.event(given.Event) })
		case *parley.ServerFrame_Command:
			s.begin(frame.Work, func(w *work) error { return w.command(given.Command) })
		case *parley.ServerFrame_Answer:
			s.answered(given.Answer)
		case *parley.ServerFrame_Stop, *parley.ServerFrame_Over:
			s.end(frame.Work)
		}
	}
}

func main() {
	leaving, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	address := os.Getenv("GRPC_URL")
	if address == "" {
		address = "127.0.0.1:50051"
	}
	again := backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}
	params := grpc.ConnectParams{Backoff: again, MinConnectTimeout: 5 * time.Second}
	server, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithConnectParams(params))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if token := os.Getenv("JOIN_TOKEN"); token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	secret := make([]byte, 16)
	if _, err := crand.Read(secret); err != nil {
		log.Fatal(err)
	}
	host, _ := os.Hostname()
	hello := &parley.AgentHello{
		InstanceId: hex.EncodeToString(secret),
		Profile: &parley.AgentProfile{
			Name:          "Gopher",
			Description:   "Counts what you say",
			Host:          &host,
			Capabilities:  []string{"executes-commands"},
			Subscriptions: []*parley.ChannelSubscription{{Channel: "human", Types: []string{"parcel"}}},
		},
	}
	for leaving.Err() == nil { // a server that is away is waited for
		err := serve(ctx, parley.NewAgentHostClient(server), hello, leaving)
		if err == io.EOF {
			return
		}
		if code := status.Code(err); code != codes.Unavailable && code != codes.ResourceExhausted {
			log.Fatal(err)
		}
		time.Sleep(time.Duration(100+rand.Intn(1900)) * time.Millisecond)
	}
}
