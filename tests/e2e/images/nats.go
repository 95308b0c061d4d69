// The tests' stand-in for natscli, which Debian does not package: a program `nats` that understands just the command lines of
// lua/catalog/nats.lua, and `nats request`, by which the tests fill and read a server.
//
//	nats stream ls --names --all          nats stream backup NAME FOLDER        nats request [-H KEY:VALUE]... --raw SUBJECT BODY
//	nats stream info NAME --json          nats stream restore FOLDER
//	nats stream rm NAME --force
//
// NATS_URL, NATS_USER and NATS_PASSWORD say where to and as whom. A backup is a folder with backup.json, which holds the stream's
// configuration and state, as the server gave them, and stream.tar.s2, which is what it sent; all of that goes back as it is.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	patience  = 60 * time.Second // for an answer, and for the next piece of a backup: longer than any test holds a server
	chunkSize = 64 * 1024
	manifest  = "backup.json"
	contents  = "stream.tar.s2"
)

// What JetStream says of a request that failed.
type refusal struct {
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

func refused(answer []byte) error {
	var said refusal
	if len(answer) == 0 || json.Unmarshal(answer, &said) != nil || said.Error == nil {
		return nil
	}
	return errors.New(said.Error.Description)
}

// ask sends a request to JetStream and reads its answer into `into`, if that is given.
func ask(server *nats.Conn, subject string, body, into interface{}) ([]byte, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	answer, err := server.Request("$JS.API."+subject, data, patience)
	if err != nil {
		return nil, err
	}
	if err := refused(answer.Data); err != nil {
		return nil, err
	}
	if into != nil {
		err = json.Unmarshal(answer.Data, into)
	}
	return answer.Data, err
}

// Streams that are buckets or objects of other interfaces show with --all only.
func isInternal(name string) bool {
	return strings.HasPrefix(name, "KV_") || strings.HasPrefix(name, "OBJ_") || strings.HasPrefix(name, "$MQTT_")
}

func list(server *nats.Conn, all bool) error {
	count := 0
	for {
		var page struct {
			Total   int      `json:"total"`
			Streams []string `json:"streams"`
		}
		if _, err := ask(server, "STREAM.NAMES", map[string]int{"offset": count}, &page); err != nil {
			return err
		}
		for _, name := range page.Streams {
			if all || !isInternal(name) {
				fmt.Println(name)
			}
		}
		count += len(page.Streams)
		if count == 0 {
			fmt.Println("No Streams defined")
		}
		if len(page.Streams) == 0 || count >= page.Total {
			return nil
		}
	}
}

func info(server *nats.Conn, name string) error {
	var all interface{}
	if _, err := ask(server, "STREAM.INFO."+name, struct{}{}, &all); err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	fmt.Println(string(text))
	return err
}

// backup asks for a stream, whose pieces the server sends to a subject of ours; each is answered, or no more come. An empty one is
// the last, and says in its headers if something went wrong.
func backup(server *nats.Conn, name, folder string) error {
	pieces, err := server.SubscribeSync(nats.NewInbox())
	if err != nil {
		return err
	}
	about, err := ask(server, "STREAM.SNAPSHOT."+name,
		map[string]interface{}{"deliver_subject": pieces.Subject, "chunk_size": chunkSize}, nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, contents))
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		piece, err := pieces.NextMsg(patience)
		if err != nil {
			return err
		}
		if len(piece.Data) == 0 {
			if status := piece.Header.Get("Status"); status != "" && status[0] != '2' {
				return errors.New(piece.Header.Get("Description"))
			}
			break
		}
		if _, err := file.Write(piece.Data); err != nil {
			return err
		}
		if piece.Reply != "" {
			if err := piece.Respond(nil); err != nil {
				return err
			}
		}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	fmt.Printf("Received stream %q\n", name)
	return os.WriteFile(filepath.Join(folder, manifest), about, 0o600)
}

// restore sends the pieces of a backup; the answer to an empty one behind them says what became of it.
func restore(server *nats.Conn, folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, manifest))
	if err != nil {
		return err
	}
	var about struct {
		Config json.RawMessage `json:"config"`
		State  json.RawMessage `json:"state"`
	}
	if err := json.Unmarshal(text, &about); err != nil {
		return err
	}
	var config struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(about.Config, &config); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(folder, contents))
	if err != nil {
		return err
	}
	defer file.Close()
	var to struct {
		Subject string `json:"deliver_subject"`
	}
	if _, err := ask(server, "STREAM.RESTORE."+config.Name, about, &to); err != nil {
		return err
	}
	piece := make([]byte, chunkSize)
	for {
		size, err := io.ReadFull(file, piece)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		answer, err := server.Request(to.Subject, piece[:size], patience)
		if err != nil {
			return err
		}
		if err := refused(answer.Data); err != nil {
			return err
		}
		if size == 0 {
			fmt.Printf("Restored stream %q\n", config.Name)
			return nil
		}
	}
}

func request(server *nats.Conn, headers []string, subject, body string) error {
	message := nats.NewMsg(subject)
	message.Data = []byte(body)
	for _, header := range headers {
		key, value, _ := strings.Cut(header, ":")
		message.Header.Add(key, value)
	}
	answer, err := server.RequestMsg(message, patience)
	if err != nil {
		return err
	}
	fmt.Println(string(answer.Data))
	return nil
}

// connect asks a server once: one that is away is an error and not waited for.
func connect() (*nats.Conn, error) {
	url := os.Getenv("NATS_URL")
	if url == "" {
		url = nats.DefaultURL
	}
	return nats.Connect(url, nats.UserInfo(os.Getenv("NATS_USER"), os.Getenv("NATS_PASSWORD")), nats.Timeout(patience),
		nats.NoReconnect())
}

// words cuts a command line into words and options; -H has a value.
func words(line []string) (plain, headers []string, options map[string]bool) {
	options = map[string]bool{}
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == "-H" && i+1 < len(line):
			i++
			headers = append(headers, line[i])
		case strings.HasPrefix(line[i], "--"):
			options[line[i][2:]] = true
		default:
			plain = append(plain, line[i])
		}
	}
	return plain, headers, options
}

func run(line []string) error {
	plain, headers, options := words(line)
	command := strings.Join(plain[:min(2, len(plain))], " ")
	if len(plain) > 0 && plain[0] == "request" {
		command = "request"
	}
	is := func(name string, count int, option string) bool {
		return command == name && len(plain) == count && (option == "" || options[option])
	}
	server, err := connect()
	if err != nil {
		return err
	}
	defer server.Close()
	switch {
	case is("stream ls", 2, "names"):
		return list(server, options["all"])
	case is("stream info", 3, "json"):
		return info(server, plain[2])
	case is("stream rm", 3, "force"):
		_, err := ask(server, "STREAM.DELETE."+plain[2], struct{}{}, nil)
		return err
	case is("stream backup", 4, ""):
		return backup(server, plain[2], plain[3])
	case is("stream restore", 3, ""):
		return restore(server, plain[2])
	case is("request", 3, "raw"):
		return request(server, headers, plain[1], plain[2])
	}
	return fmt.Errorf("the tests' nats does not know: %s", strings.Join(line, " "))
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "nats: error:", err)
		os.Exit(1)
	}
}
