package cli

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"longying/records/outbox"
)

// cmdPlatformStub serves a stub of the provincial platform on the loopback. It
// is no platform: it lets the demo and the tests see a delivery through every
// failure.
func cmdPlatformStub(ctx context.Context, c *call) error {
	var addr, state string
	var die int
	err := c.parse(c.raw, func(f *flag.FlagSet) {
		f.StringVar(&addr, "addr", "127.0.0.1:0", "address on the loopback")
		f.StringVar(&state, "state", "", "file that keeps what was registered")
		f.IntVar(&die, "die-after-accept", 0, "end without an answer after accepting this many documents; 0: never")
	})
	if err != nil {
		return err
	}
	if state == "" || !strings.HasPrefix(addr, "127.") {
		return usagef("platform-stub needs --state FILE and an address on the loopback")
	}
	stub, err := outbox.NewStubPlatform(state)
	if err != nil {
		return err
	}
	if die > 0 {
		stub.AfterAccept = func(count int) {
			if count >= die {
				os.Exit(ExitFailed) // as if the plug were pulled: accepted, never answered
			}
		}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	c.printf("stub platform on http://%s\n", l.Addr())
	server := &http.Server{Handler: stub, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(l); err != nil && err != http.ErrServerClosed {
		return fmt.Errorf("the stub platform ended: %w", err)
	}
	return nil
}
