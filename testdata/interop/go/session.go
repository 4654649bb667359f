package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// stopper is what a session started and can stop.
type stopper interface{ stop() error }

// session takes commands from standard input until it ends, as the session of the Java programs does:
// one a line with tabs between its parts, ID COMMAND key=value …, each answered with a line {"reply":ID}
// and what came of it. Commands run at once, beside those that still do:
//
//	push name= group= topic= …   starts a consumer, see member
//	load name= topic= …          starts to send, see sender
//	stop name=                   stops what was started
//	queues name=                 the queues a consumer has
//	send topic= mark= …          sends to the end, see sender
//
// What is received and sent goes as JSON lines to the files `received=` and `sent=`.
type session struct {
	namesrv        string
	received, sent *lines
	mutex          sync.Mutex
	running        map[string]stopper
}

// reply answers a command.
type reply struct {
	ID    int    `json:"reply"`
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

func runSession(arguments options) {
	s := &session{
		namesrv:  arguments["ns"],
		received: created(arguments["received"]),
		sent:     created(arguments["sent"]),
		running:  map[string]stopper{},
	}
	fmt.Println(`{"event":"ready"}`)
	commands := bufio.NewScanner(os.Stdin)
	var printing sync.Mutex
	for commands.Scan() {
		parts := strings.Split(commands.Text(), "\t")
		go func() {
			id, err := strconv.Atoi(parts[0])
			must(err)
			answer := reply{ID: id}
			if answer.Value, err = s.perform(parts[1], optionsOf(parts[2:])); err != nil {
				answer.Error = err.Error()
			}
			line, err := json.Marshal(answer)
			must(err)
			printing.Lock()
			defer printing.Unlock()
			fmt.Println(string(line))
		}()
	}
}

func (s *session) perform(command string, arguments options) (any, error) {
	arguments["ns"] = s.namesrv
	switch command {
	case "push":
		member, err := startMember(arguments, s.received)
		if err != nil {
			return nil, err
		}
		s.keep(arguments["name"], member)
		return member.clientID(), nil
	case "load":
		sender, err := startSender(arguments, s.sent)
		if err != nil {
			return nil, err
		}
		go sender.send()
		s.keep(arguments["name"], sender)
		return "loading", nil
	case "send":
		sender, err := startSender(arguments, s.sent)
		if err != nil {
			return nil, err
		}
		return sender.send(), sender.stop()
	case "stop":
		found := s.take(arguments["name"])
		if found == nil {
			return nil, fmt.Errorf("there is no %q", arguments["name"])
		}
		return "stopped", found.stop()
	case "queues":
		s.mutex.Lock()
		found, _ := s.running[arguments["name"]].(*member)
		s.mutex.Unlock()
		if found == nil {
			return nil, fmt.Errorf("there is no consumer %q", arguments["name"])
		}
		return found.queues(), nil
	}
	return nil, fmt.Errorf("Cannot do %q: no such command", command)
}

func (s *session) keep(name string, started stopper) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.running[name] = started
}

func (s *session) take(name string) stopper {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.running[name]
	delete(s.running, name)
	return found
}

func created(name string) *lines {
	file, err := os.Create(name)
	must(err)
	return &lines{file: file}
}
