package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
)

// joinTimeout is how long a member waits for its first share of the queues.
const joinTimeout = 20 * time.Second

// member is a push consumer of a session: name= group= topic= [model=BROADCASTING] [orderly=true]
// [tags=|sql=] [retries=N] [from=last] [workMs=]. It takes `workMs` for each message and writes a line when
// it is done with it. A message whose property `fails` is N fails until it was consumed N times again.
type member struct {
	name    string
	orderly bool
	workMs  int
	out     *lines
	// What a group of this client tells of itself has types that have no name outside of it.
	held     func() []string
	shutdown func() error
	joined   chan struct{}
	mutex    sync.Mutex
	id       string
}

func startMember(arguments options, out *lines) (*member, error) {
	m := &member{
		name:    arguments["name"],
		orderly: arguments["orderly"] == "true",
		workMs:  arguments.number("workMs", 0),
		out:     out,
		joined:  make(chan struct{}),
	}
	client, err := consumer.NewPushConsumer(m.options(arguments)...)
	if err != nil {
		return nil, err
	}
	selector := consumer.MessageSelector{Type: consumer.TAG, Expression: "*"}
	if tags := arguments["tags"]; tags != "" {
		selector.Expression = tags
	} else if sql := arguments["sql"]; sql != "" {
		selector = consumer.MessageSelector{Type: consumer.SQL92, Expression: sql}
	}
	if err := client.Subscribe(arguments["topic"], selector, m.consume); err != nil {
		return nil, err
	}
	m.shutdown = client.Shutdown
	m.held = func() []string {
		names := []string{}
		for queue, process := range client.GetConsumerRunningInfo(false).MQTable {
			isRetry := strings.HasPrefix(queue.Topic, "%RETRY%")
			if !isRetry && !process.Dropped && (!m.orderly || process.Locked) {
				names = append(names, fmt.Sprintf("%s %d", queue.BrokerName, queue.QueueId))
			}
		}
		return names
	}
	if err := client.Start(); err != nil {
		return nil, err
	}
	if arguments["model"] == "BROADCASTING" {
		return m, nil
	}
	select {
	case <-m.joined:
		return m, nil
	case <-time.After(joinTimeout):
		return nil, fmt.Errorf("%s has no share of the queues after %v", m.name, joinTimeout)
	}
}

func (m *member) options(arguments options) []consumer.Option {
	options := []consumer.Option{
		consumer.WithNameServer(primitive.NamesrvAddr{arguments["ns"]}),
		consumer.WithGroupName(arguments["group"]),
		consumer.WithInstance(fmt.Sprintf("%s-%d", m.name, os.Getpid())),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
		consumer.WithConsumeGoroutineNums(4),
		consumer.WithConsumerOrder(m.orderly),
		consumer.WithMaxReconsumeTimes(int32(arguments.number("retries", -1))),
		consumer.WithStrategy(m.averagely),
	}
	if arguments["from"] == "last" {
		options = append(options, consumer.WithConsumeFromWhere(consumer.ConsumeFromLastOffset))
	}
	if arguments["model"] == "BROADCASTING" {
		options = append(options, consumer.WithConsumerModel(consumer.BroadCasting))
	}
	return options
}

// averagely is the default strategy; the client tells nobody else its id.
func (m *member) averagely(group, clientID string, all []*primitive.MessageQueue, clientIDs []string) []*primitive.MessageQueue {
	share := consumer.AllocateByAveragely(group, clientID, all, clientIDs)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.id == "" {
		m.id = clientID
		close(m.joined)
	}
	return share
}

func (m *member) consume(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
	began := time.Since(processStart)
	time.Sleep(time.Duration(m.workMs) * time.Millisecond)
	message := messages[0]
	r := receivedRow(message)
	r["consumer"] = m.name
	r["brokerName"] = message.Queue.BrokerName
	r["beganMicros"] = began.Microseconds()
	r["endedMicros"] = time.Since(processStart).Microseconds()
	m.out.write(r)
	fails, err := strconv.Atoi(message.GetProperty("fails"))
	if err != nil || int(message.ReconsumeTimes) >= fails {
		return consumer.ConsumeSuccess, nil
	}
	if m.orderly {
		return consumer.SuspendCurrentQueueAMoment, nil
	}
	return consumer.ConsumeRetryLater, nil
}

// queues are those it has; an orderly one has those it holds the lock of.
func (m *member) queues() []string {
	names := m.held()
	sort.Slice(names, func(one, other int) bool {
		if len(names[one]) != len(names[other]) {
			return len(names[one]) < len(names[other])
		}
		return names[one] < names[other]
	})
	return names
}

// clientID is empty for a broadcasting member, which shares nothing.
func (m *member) clientID() string {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.id
}

func (m *member) stop() error { return m.shutdown() }
