package slide

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"longying/imaging/codec"
)

func TestATileAskedForTwiceAtOnceIsDecodedOnce(t *testing.T) {
	d := &counting{hold: make(chan struct{})}
	s := opened(t, d, Options{}, made{uid: "2.25.9", columns: 64, rows: 64, tile: 64})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := s.Tile(context.Background(), 0, 0, 0); err != nil {
				t.Error(err)
			}
		})
	}
	for d.frames.Load() == 0 { // one has begun; the others wait for it or find its tile
	}
	close(d.hold)
	wait.Wait()
	if n := d.frames.Load(); n != 1 {
		t.Errorf("%d decodes", n)
	}
}

func TestWhoWaitsForATileIsNotCancelledWithWhoDecodesIt(t *testing.T) {
	c := NewCache(1 << 20)
	leading, cancel := context.WithCancel(context.Background())
	started := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_, err := c.get(leading, key{}, func(ctx context.Context) (*Tile, error) {
			close(started)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the one that was cancelled got %v", err)
		}
	})
	<-started
	wait.Go(func() {
		tile, err := c.get(context.Background(), key{}, func(context.Context) (*Tile, error) { return &Tile{Columns: 7}, nil })
		if err != nil || tile.Columns != 7 {
			t.Errorf("the other got %v, %v", tile, err)
		}
	})
	cancel()
	wait.Wait()
}

func TestTheCacheHoldsItsLimitAndLetsTheOldestGo(t *testing.T) {
	d := &counting{}
	const tile = 64 * 64 * 3
	cache := NewCache(3 * tile)
	s := opened(t, d, Options{Cache: cache}, made{uid: "2.25.9", columns: 320, rows: 64, tile: 64})
	read := func(columns ...int) {
		for _, c := range columns {
			if _, err := s.Tile(context.Background(), 0, c, 0); err != nil {
				t.Fatal(err)
			}
			if n := cache.Size(); n > 3*tile {
				t.Fatalf("%d bytes are kept, the limit is %d", n, 3*tile)
			}
		}
	}
	read(0, 1, 2, 0, 3) // 1 is the oldest and goes
	before := d.frames.Load()
	read(0, 2, 3)
	if n := d.frames.Load() - before; n != 0 {
		t.Errorf("%d tiles were decoded again that should be kept", n)
	}
	read(1)
	if n := d.frames.Load() - before; n != 1 {
		t.Errorf("%d tiles were decoded, wanted the one that went", n)
	}
	s.Close()
	if n := cache.Size(); n != 0 {
		t.Errorf("%d bytes are kept of a slide that was closed", n)
	}
}

func TestAFailedTileIsTriedAgainAndNamed(t *testing.T) {
	c := NewCache(1 << 20)
	fails := true
	decode := func(context.Context) (*Tile, error) {
		if fails {
			return nil, errors.New("broken")
		}
		return &Tile{}, nil
	}
	if _, err := c.get(context.Background(), key{}, decode); err == nil {
		t.Error("no error")
	}
	fails = false
	if _, err := c.get(context.Background(), key{}, decode); err != nil {
		t.Error(err)
	}
	m := made{uid: "2.25.9", columns: 128, rows: 64, tile: 64, frames: []int{0}}
	s := opened(t, codec.Local{}, Options{}, m)
	if _, err := s.Region(context.Background(), 0, 0, 0, 128, 64); err == nil || !strings.Contains(err.Error(), "tile (1,0) of level 0: 2.25.9: frame 2") {
		t.Errorf("%v", err)
	}
}
