package workspace

import (
	"context"
	"runtime/debug"
	"slices"
	"strconv"
)

// besides is what the program may need beside the decoded frames before its
// garbage is collected more eagerly: by the collector's own rule garbage may
// grow as large as the frames. About 115 MiB of it live while 2,000 slices are
// open, most of it the typeface's glyphs, and 25 MiB are the runtime's own. With
// 128 MiB the collector ran for every slice that was scrolled to and took half of
// both processors; as it is, the whole stays 250 MiB within the cache's limit.
const besides = 184 << 20

const frameCachePreference = "frame_cache_mib"

// FrameCaches are the sizes, in MiB, that a person may give the cache of decoded
// frames.
func FrameCaches() []int { return []int{256, 512, 1024, 2048, 4096} }

// SetFrameCache bounds the decoded frames that all viewports keep.
func (ws *Workspace) SetFrameCache(mib int) {
	ws.Frames.SetLimit(mib << 20)
	debug.SetMemoryLimit(int64(mib)<<20 + besides)
}

// LoadFrameCache takes the size that was stored; without one, the default.
func (ws *Workspace) LoadFrameCache(failed func(error)) {
	_, limit := ws.Frames.Used()
	ws.SetFrameCache(limit >> 20)
	ws.NewTask().Start(func(ctx context.Context) func() {
		stored, err := ws.Admin.Preference(ctx, frameCachePreference)
		return func() {
			if err != nil {
				failed(err)
			} else if mib, err := strconv.Atoi(stored); err == nil && slices.Contains(FrameCaches(), mib) {
				ws.SetFrameCache(mib)
			}
		}
	})
}

// StoreFrameCache takes a size and stores it.
func (ws *Workspace) StoreFrameCache(mib int, done func(error)) {
	ws.SetFrameCache(mib)
	user := ws.user
	ws.NewTask().Start(func(ctx context.Context) func() {
		err := ws.Admin.SetPreference(ctx, user, frameCachePreference, strconv.Itoa(mib))
		return func() { done(err) }
	})
}
