package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// ends are the ways in which transactions end, in the order in which they are sent.
var ends = []string{"commit", "rollback", "later", "undone", "never", "immune"}

// ender says how transactions end: at once, when asked, or never.
type ender struct{ out *lines }

func (e *ender) ExecuteLocalTransaction(m *primitive.Message) primitive.LocalTransactionState {
	switch m.GetProperty("end") {
	case "commit":
		return primitive.CommitMessageState
	case "rollback":
		return primitive.RollbackMessageState
	}
	return primitive.UnknowState
}

func (e *ender) CheckLocalTransaction(m *primitive.MessageExt) primitive.LocalTransactionState {
	e.out.write(row{
		"kind": "asked", "no": m.GetProperty("no"), "topic": m.Topic, "bodySha256": digest(m.Body),
		"times": m.GetProperty("TRANSACTION_CHECK_TIMES"), "transactionId": m.TransactionId,
		"at": time.Now().UnixMilli(),
	})
	switch m.GetProperty("end") {
	case "never":
		return primitive.UnknowState
	case "rollback", "undone":
		return primitive.RollbackMessageState
	}
	return primitive.CommitMessageState
}

// transact sends messages in transactions and answers what the broker asks about them until standard
// input ends.
func transact(arguments options, out *lines) {
	client, err := rocketmq.NewTransactionProducer(
		&ender{out: out},
		producer.WithNameServer(primitive.NamesrvAddr{arguments["ns"]}),
		producer.WithGroupName(arguments["group"]),
		producer.WithSendMsgTimeout(callTimeout),
	)
	must(err)
	must(client.Start())
	for _, end := range ends {
		for index := 0; index < arguments.number(end, 0); index++ {
			m := message(arguments["topic"], end+arguments["mark"], index)
			m.WithProperty("end", end)
			if end == "immune" {
				m.WithProperty("CHECK_IMMUNITY_TIME_IN_SECONDS", "2")
			}
			r := row{"kind": "sent", "no": m.GetProperty("no"), "bodySha256": digest(m.Body)}
			result, err := client.SendMessageInTransaction(context.Background(), m)
			must(err)
			r["status"] = "SEND_OK"
			r["transactionId"] = result.TransactionID
			r["at"] = time.Now().UnixMilli()
			out.write(r)
		}
	}
	fmt.Println(`{"event":"transacting"}`)
	_, err = io.Copy(io.Discard, os.Stdin)
	must(err)
	must(client.Shutdown())
	fmt.Println(`{"event":"transacted"}`)
}
