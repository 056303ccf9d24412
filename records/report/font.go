package report

import _ "embed"

// Noto Sans SC Regular, SIL Open Font License 1.1, see font/OFL.txt. It covers
// GB 2312, GBK, all of CJK Extension A and the supplementary characters of the
// 通用规范汉字表, so names like 𬭸 and 㛃 print.
//
//go:embed font/NotoSansSC-Regular.ttf
var notoSansSC []byte

// Font is the TrueType font of the printed page, for the desktop to use too.
// The caller must not change it.
func Font() []byte { return notoSansSC }
