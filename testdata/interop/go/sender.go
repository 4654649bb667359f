package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

const againAfter = 20 * time.Millisecond

// sender sends the messages MARK-0, MARK-1, … one after another: topic= mark= [count=] [keys=N] [fails=A,B,…]
// [level=N] [pauseMs=] [insist=true]. With `keys` message I has key I % N, which is its sharding key and chooses
// its queue, with its number among those of its key as property `seq`. `fails` are the values of that property,
// in turn (see member). One that insists sends a message until it is acknowledged.
type sender struct {
	client    rocketmq.Producer
	arguments options
	out       *lines
	stopped   atomic.Bool
	done      chan struct{}
}

// senders tells the clients of senders apart.
var senders atomic.Int64

func startSender(arguments options, out *lines) (*sender, error) {
	client, err := rocketmq.NewProducer(
		producer.WithNameServer(primitive.NamesrvAddr{arguments["ns"]}),
		producer.WithGroupName("P_session_go"),
		producer.WithInstanceName(fmt.Sprintf("sender-%d-%d", time.Now().UnixNano(), senders.Add(1))),
		producer.WithSendMsgTimeout(callTimeout),
		producer.WithQueueSelector(producer.NewHashQueueSelector()),
	)
	if err != nil {
		return nil, err
	}
	s := &sender{client: client, arguments: arguments, out: out, done: make(chan struct{})}
	return s, client.Start()
}

// send sends to the end, or until it is stopped, and tells how many were acknowledged.
func (s *sender) send() int {
	defer close(s.done)
	acknowledged := 0
	pause := time.Duration(s.arguments.number("pauseMs", 0)) * time.Millisecond
	for index := 0; index < s.arguments.number("count", math.MaxInt) && !s.stopped.Load(); index++ {
		if s.sendOne(index) {
			acknowledged++
		}
		time.Sleep(pause)
	}
	return acknowledged
}

func (s *sender) sendOne(index int) bool {
	m := s.message(index)
	r := row{"no": m.GetProperty("no"), "mark": s.arguments["mark"]}
	for {
		result, err := s.client.SendSync(context.Background(), m)
		answered(r, m, result, err)
		if r["status"] == "SEND_OK" || s.arguments["insist"] != "true" || s.stopped.Load() {
			s.out.write(r)
			return r["status"] == "SEND_OK"
		}
		time.Sleep(againAfter)
	}
}

func (s *sender) message(index int) *primitive.Message {
	m := message(s.arguments["topic"], s.arguments["mark"], index)
	m.WithProperty("mark", s.arguments["mark"])
	if keys := s.arguments.number("keys", 0); keys > 0 {
		key := strconv.Itoa(index % keys)
		m.WithShardingKey(key)
		m.WithProperty("key", key)
		m.WithProperty("seq", strconv.Itoa(index/keys))
	}
	if fails := s.arguments["fails"]; fails != "" {
		each := strings.Split(fails, ",")
		m.WithProperty("fails", each[index%len(each)])
	}
	if level := s.arguments.number("level", 0); level > 0 {
		m.WithDelayTimeLevel(level)
	}
	return m
}

func (s *sender) stop() error {
	s.stopped.Store(true)
	<-s.done
	return s.client.Shutdown()
}
