package backup

import (
	"time"

	"longying/records/seal"
	"longying/records/sqlite"
)

// The entries of a backup that are no files of the data folder: those with a dot
// in front are left out.
const (
	manifestEntry = ".manifest.json"
	contentsEntry = ".contents.json"
)

// manifestFormat is the newest format that this program writes and reads.
const manifestFormat = 1

// Manifest is what a backup says of itself.
type Manifest struct {
	Format     int       `json:"format"`
	ID         string    `json:"id"` // random, names the backup in the audit trail
	CreatedAt  time.Time `json:"created_at"`
	Schema     int       `json:"schema"` // of the database
	AuditCount int64     `json:"audit_count"`
	AuditHead  string    `json:"audit_head"` // hex; of the chain in it, so that a cut tail shows
	AuditFault string    `json:"audit_fault,omitempty"`
}

// contents is the last entry: what went before it.
type contents struct {
	Files   int64   `json:"files"`
	Bytes   int64   `json:"bytes"`
	Damaged []Fault `json:"damaged,omitempty"`
}

// Fault is one object of the record that was missing or damaged already when
// the backup was made.
type Fault struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Result is what a backup holds.
type Result struct {
	Manifest
	Path    string  `json:"file"`
	Files   int64   `json:"files"`
	Objects int64   `json:"objects"`
	Bytes   int64   `json:"bytes"` // of the files
	Damaged []Fault `json:"damaged,omitempty"`
}

// Whole reports that nothing was missing or damaged, and that the audit trail
// was unbroken.
func (r *Result) Whole() bool { return len(r.Damaged) == 0 && r.AuditFault == "" }

// Progress is told how much is done of how much; both grow while it runs. It
// may be called from any goroutine.
type Progress func(done, total int64)

// skipped are files that the copy of the database stands for, or that stand
// apart in the backup.
func skipped(path string) bool {
	switch path {
	case sqlite.DatabaseFile, sqlite.DatabaseFile + "-wal", sqlite.DatabaseFile + "-shm", sqlite.DatabaseFile + "-journal", seal.KeyringFile:
		return true
	}
	return false
}
