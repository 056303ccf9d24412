// Package search finds people as a person types: by part of a name in
// characters, by pinyin and its initials, by the whole or the beginning of an
// identity, phone, record or accession number. It lives in memory alone:
// nothing of it is ever written anywhere.
//
// # What matches
//
// A name is a row of characters and of words in Latin letters. A query matches
// it where it is a row of pieces, each of which is the next character itself,
// or the beginning of one of that character's readings, or the beginning of the
// next word: 张晓明 is found by 晓明, zhangxiaom, zxm, zhangxm, 张xm. A space or
// an apostrophe between letters divides pieces: "li an" is not lian. White
// space, middle dots, full-width forms, tone marks and case make no difference;
// ü is v. A surname is found by its reading as a surname and by the ordinary
// one. A number matches from its beginning.
//
// # Order
//
// Exact first (the whole name by characters, by whole syllables or by all
// initials; the whole number), then from the beginning, then inside a name;
// among these names before numbers, in the order of pinyin.
//
// # Size and time
//
// 1,000,000 invented people with six names and numbers each take 217 MiB, 228
// bytes a person; the text of a name that many share is kept once for each
// 65,536 people. BenchmarkSearch measures it, with the time that it takes to
// build and to search.
package search
