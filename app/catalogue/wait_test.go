package catalogue

import (
	"context"
	"testing"
	"time"
)

// contextThatEndsWhen is cancelled soon after a condition holds.
func contextThatEndsWhen(t *testing.T, holds func() bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if holds() {
					cancel()
				}
			}
		}
	}()
	return ctx, cancel
}
