// Package backup is the use case that keeps a data folder safe elsewhere and
// brings it back: one sealed file with everything in it, written while the
// program goes on, and restored only after all of it was verified.
//
// The file holds a TAR (POSIX.1-2001, pax) within the seal of
// records/seal.Backup. Its first entry is the manifest, its last the contents;
// between them the database as it stood at one moment and every other file of
// the folder, objects, models, settings, under its path. Temporary files, whose
// names begin with a dot, and SQLite's logs are left out: the copy of the
// database has all that they hold.
package backup
