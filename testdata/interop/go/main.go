// Command client is a real RocketMQ client in Go, driven by the interoperability programs.
//
//	client VERB key=value …
//
//	send    ns= topic= out= [sync=N] [async=N] [oneway=N] [batch=N] [delayed=N level=L]
//	consume ns= topic= group= expect=N out= [tags=] [idleMs=] [timeoutMs=]
//	session ns= received= sent=
//	transact ns= topic= group= out= [mark=] [commit=N] [rollback=N] [later=N] [undone=N] [never=N] [immune=N]
//
// Each message is a JSON line in the file `out`, with the field names of the Java programs beside it.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

// Above the 4 KiB from which the client compresses.
const (
	largeBodyBytes = 30 * 1024
	largeIndex     = 7
	callTimeout    = 10 * time.Second
	idleDefaultMs  = 1000
	endDefaultMs   = 60000
)

var tags = []string{"TagA", "TagB", "标签丙", ""}

// processStart is what the times of consumers are reckoned from.
var processStart = time.Now()

type row map[string]any

type options map[string]string

func optionsOf(parts []string) options {
	read := options{}
	for _, part := range parts {
		key, value, _ := strings.Cut(part, "=")
		read[key] = value
	}
	return read
}

func (o options) number(key string, otherwise int) int {
	value, err := strconv.Atoi(o[key])
	if err != nil {
		return otherwise
	}
	return value
}

// lines writes JSON lines to a file, from many goroutines.
type lines struct {
	mutex sync.Mutex
	file  *os.File
}

func (l *lines) write(r row) {
	line, err := json.Marshal(r)
	must(err)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, err = l.file.Write(append(line, '\n'))
	must(err)
}

func main() {
	rlog.SetLogLevel("fatal")
	arguments := optionsOf(os.Args[2:])
	if os.Args[1] == "session" {
		runSession(arguments)
		return
	}
	file, err := os.Create(arguments["out"])
	must(err)
	defer file.Close()
	out := &lines{file: file}
	switch os.Args[1] {
	case "send":
		send(arguments, out)
	case "consume":
		consume(arguments, out)
	case "transact":
		transact(arguments, out)
	default:
		must(fmt.Errorf("Cannot run %q: no such verb", os.Args[1]))
	}
}

func send(arguments options, out *lines) {
	client, err := rocketmq.NewProducer(
		producer.WithNameServer(primitive.NamesrvAddr{arguments["ns"]}),
		producer.WithGroupName("P_interop_go"),
		producer.WithSendMsgTimeout(callTimeout),
	)
	must(err)
	must(client.Start())
	topic := arguments["topic"]
	for index := 0; index < arguments.number("sync", 0); index++ {
		m := message(topic, "sync", index)
		r := sending("sync", m)
		result, err := client.SendSync(context.Background(), m)
		answered(r, m, result, err)
		out.write(r)
	}
	sendAsync(client, topic, arguments.number("async", 0), out)
	for index := 0; index < arguments.number("oneway", 0); index++ {
		m := message(topic, "oneway", index)
		r := sending("oneway", m)
		must(client.SendOneWay(context.Background(), m))
		r["status"] = "NO_ANSWER"
		r["msgId"] = m.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex)
		sent(r, m)
		out.write(r)
	}
	sendBatch(client, topic, arguments.number("batch", 0), out)
	for index := 0; index < arguments.number("delayed", 0); index++ {
		m := message(topic, "delayed", index)
		m.WithDelayTimeLevel(arguments.number("level", 1))
		r := sending("sync", m)
		result, err := client.SendSync(context.Background(), m)
		answered(r, m, result, err)
		out.write(r)
	}
	must(client.Shutdown())
	fmt.Println(`{"event":"sent"}`)
}

func sendAsync(client rocketmq.Producer, topic string, count int, out *lines) {
	var left sync.WaitGroup
	for index := 0; index < count; index++ {
		m := message(topic, "async", index)
		r := sending("async", m)
		left.Add(1)
		must(client.SendAsync(context.Background(), func(_ context.Context, result *primitive.SendResult, err error) {
			answered(r, m, result, err)
			out.write(r)
			left.Done()
		}, m))
	}
	left.Wait()
}

func sendBatch(client rocketmq.Producer, topic string, count int, out *lines) {
	if count == 0 {
		return
	}
	messages := make([]*primitive.Message, count)
	rows := make([]row, count)
	for index := range messages {
		messages[index] = message(topic, "batch", index)
		rows[index] = sending("batch", messages[index])
	}
	result, err := client.SendSync(context.Background(), messages...)
	must(err)
	offsetIDs := strings.Split(result.OffsetMsgID, ",")
	for index, m := range messages {
		r := rows[index]
		answered(r, m, result, nil)
		// This client gives the messages of a batch no id of their own: a reader sees the offset id.
		r["msgId"] = offsetIDs[index]
		r["offsetMsgId"] = offsetIDs[index]
		r["queueOffset"] = result.QueueOffset + int64(index)
		out.write(r)
	}
}

func consume(arguments options, out *lines) {
	client, err := rocketmq.NewPushConsumer(
		consumer.WithNameServer(primitive.NamesrvAddr{arguments["ns"]}),
		consumer.WithGroupName(arguments["group"]),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
		consumer.WithConsumeGoroutineNums(1),
		consumer.WithConsumerOrder(arguments["orderly"] == "true"),
	)
	must(err)
	selector := consumer.MessageSelector{}
	if expression := arguments["tags"]; expression != "" {
		selector = consumer.MessageSelector{Type: consumer.TAG, Expression: expression}
	}
	var mutex sync.Mutex
	received, last := 0, time.Now()
	must(client.Subscribe(arguments["topic"], selector, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, m := range messages {
			out.write(receivedRow(m))
		}
		mutex.Lock()
		defer mutex.Unlock()
		received, last = received+len(messages), time.Now()
		return consumer.ConsumeSuccess, nil
	}))
	must(client.Start())
	fmt.Println(`{"event":"consuming"}`)
	idle := time.Duration(arguments.number("idleMs", idleDefaultMs)) * time.Millisecond
	end := time.Now().Add(time.Duration(arguments.number("timeoutMs", endDefaultMs)) * time.Millisecond)
	for time.Now().Before(end) {
		mutex.Lock()
		done := received >= arguments.number("expect", 0) && time.Since(last) >= idle
		mutex.Unlock()
		if done {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	must(client.Shutdown())
	fmt.Println(`{"event":"consumed"}`)
}

func message(topic, kind string, index int) *primitive.Message {
	number := fmt.Sprintf("%s-%d", kind, index)
	phrase := fmt.Sprintf("消息 №%d of %q – naïve café, 表情 😀👩‍💻\n", index, kind)
	body := strings.Repeat(phrase, 1+index%5)
	if kind == "sync" && index == largeIndex {
		body = strings.Repeat(phrase, largeBodyBytes/len(phrase)+1)[:largeBodyBytes]
	}
	m := primitive.NewMessage(topic, []byte(body))
	if tag := tags[index%len(tags)]; tag != "" {
		m.WithTag(tag)
	}
	m.WithKeys([]string{number, fmt.Sprintf("键%d", index%10)})
	m.Flag = int32(index % 3)
	m.WithProperty("no", number)
	m.WithProperty("note", fmt.Sprintf("属性 😀 %d", index))
	return m
}

func sending(how string, m *primitive.Message) row {
	return row{
		"how": how, "no": m.GetProperty("no"), "flag": m.Flag, "sentAfter": time.Now().UnixMilli(),
		"bodySize": len(m.Body), "bodySha256": digest(m.Body),
	}
}

func answered(r row, m *primitive.Message, result *primitive.SendResult, err error) {
	sent(r, m)
	if err != nil {
		r["status"] = err.Error()
		return
	}
	r["status"] = fmt.Sprint(result.Status)
	if result.Status == primitive.SendOK {
		r["status"] = "SEND_OK"
	}
	r["msgId"] = result.MsgID
	r["offsetMsgId"] = result.OffsetMsgID
	r["brokerName"] = result.MessageQueue.BrokerName
	r["queueId"] = result.MessageQueue.QueueId
	r["queueOffset"] = result.QueueOffset
}

func sent(r row, m *primitive.Message) {
	r["sentBefore"] = time.Now().UnixMilli()
	r["properties"] = m.GetProperties()
}

func receivedRow(m *primitive.MessageExt) row {
	return row{
		"kind": "message", "topic": m.Topic, "queueId": m.Queue.QueueId, "queueOffset": m.QueueOffset,
		"commitLogOffset": m.CommitLogOffset, "storeSize": m.StoreSize, "bodyCRC": m.BodyCRC,
		"sysFlag": m.SysFlag, "flag": m.Flag, "bornTimestamp": m.BornTimestamp, "bornHost": m.BornHost,
		"storeTimestamp": m.StoreTimestamp, "storeHost": m.StoreHost, "reconsumeTimes": m.ReconsumeTimes,
		"preparedTransactionOffset": m.PreparedTransactionOffset, "msgId": m.MsgId,
		"offsetMsgId": m.OffsetMsgId, "bodySize": len(m.Body), "bodySha256": digest(m.Body),
		"properties": m.GetProperties(),
	}
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
