// Package catalogue holds the use case of the model packages at one site: those
// that ship with the program, and those that an administrator installed into the
// data folder from a folder or a ZIP.
//
// Installed packages lie in models/ of the data folder, each in a folder of its
// own, and models/installed.json says which of them count. That file is replaced
// in one step, inside the transaction of the audit event, so that a pulled plug
// leaves the old state or the new one, and folders that nothing names. The card of
// each package that was ever installed stays in models/cards: findings name it.
//
// A package is strange until its own test has passed, in a process with limits of
// memory and time; only then does it count.
package catalogue
