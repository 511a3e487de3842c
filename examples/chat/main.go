// Chat is a small chat: rooms, names, history, who is here. It shows how weft is used, and what it promises: cut the
// connection or change the transport in mid-sentence, and nothing is lost.
//
//	go run ./examples/chat
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, or something goes wrong.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("chat", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("addr", "127.0.0.1:8080", "`host:port` to listen on")
	successor := flags.String("successor", "", "where everybody goes on when this program ends: the `URL` of another chat's /rt")
	origin := flags.String("origin", "", "whose pages may connect, beside this program's own: `origins` such as http://127.0.0.1:8080")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("what is %q? only flags are known: see -help", flags.Arg(0))
	}
	chat := newChat(strings.Fields(*origin)...)
	chat.leaveTo(*successor)
	srv, err := listen(*addr, chat)
	if err != nil {
		return fmt.Errorf("%w (choose another address with -addr)", err)
	}
	fmt.Fprintf(out, "open %s\n", address(srv.Address()))
	if plain, ok := srv.(*plain); ok {
		fmt.Fprintf(out, "without WebTransport: %v\n", plain.why)
	}
	select {
	case <-ctx.Done():
	case <-srv.Done(): // end says why
	}
	return end(ctx, chat, srv)
}

// address is what to type into a browser to reach a listener.
func address(a net.Addr) string {
	host, port, _ := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// patience is how long clients have to take what is queued for them when the program ends.
const patience = 5 * time.Second

// end lets everybody go. Sessions come first: servers would wait for polls that are held.
func end(ctx context.Context, c *chat, srv server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(c.rt.Shutdown(ctx), srv.Shutdown(ctx))
}
