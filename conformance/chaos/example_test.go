package chaos_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/weft-realtime/weft/conformance/chaos"
)

// Both proxies in front of a server: the client dials the one for TCP, which forwards to the one for HTTP, which forwards
// to the server.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Printf("server: %s\n", body)
	}))
	defer server.Close()
	requests, err := chaos.NewHTTP(server.Listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer requests.Close()
	line, err := chaos.New(requests.Addr())
	if err != nil {
		log.Fatal(err)
	}
	defer line.Close()

	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	post := func(body string) {
		resp, err := client.Post(line.URL(), "text/plain", strings.NewReader(body))
		if err != nil {
			fmt.Println("client: no answer")
			return
		}
		resp.Body.Close()
		fmt.Println("client:", resp.Status)
	}

	requests.DropAnswer(chaos.First(1, chaos.Method("POST")))
	post("one")
	post("one, again")

	requests.FailRequest(chaos.Any, http.StatusBadGateway)
	post("two")
	requests.Heal()

	line.RefuseConns(0)
	line.CutRST()
	post("three")
	line.Heal()
	post("four")

	// Output:
	// server: one
	// client: no answer
	// server: one, again
	// client: 200 OK
	// client: 502 Bad Gateway
	// client: no answer
	// server: four
	// client: 200 OK
}
