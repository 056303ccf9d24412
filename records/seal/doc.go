// Package seal keeps what can name a person unreadable at rest. One random data
// key per data folder, wrapped by a passphrase (argon2id), from which separate
// keys are derived by HKDF-SHA256 for columns, look-ups, the audit chain and
// files. Changing the passphrase wraps the data key again and no more.
//
// What it protects against: someone who has the folder but not the passphrase
// learns no name and no number, and cannot change, cut, reorder or swap sealed
// content unnoticed. What it does not hide: the number and sizes of entries,
// DICOM UIDs, states and times.
package seal
