package search

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func find(t *testing.T, people []Person, text string) []string {
	t.Helper()
	x := New()
	x.Add(people)
	var out []string
	hits, _ := x.Search(text, 100)
	for _, h := range hits {
		out = append(out, h.ID)
	}
	return out
}

func named(names ...string) []Person {
	var out []Person
	for _, n := range names {
		out = append(out, Person{ID: n, Name: n})
	}
	return out
}

func TestAPersonIsFoundByPartOfTheNameByPinyinAndByInitials(t *testing.T) {
	for name, texts := range map[string]string{
		"张晓明":           "张|张晓|晓明|明|张 晓 明|z|zh|zhang|zhangx|zhangxiaoming|ZhangXiaoMing|ZHANG XIAOMING|zhāng xiǎo míng|zxm|ZXM|xm|xiaoming|ming|zhangxm|zhxm|zxiaom|张xm|张xiaoming|张晓m|z晓明|ｚｘｍ|zhang'x",
		"王强":            "wang|wq|wangqiang|wangq|强|wqiang",
		"李安":            "li an|lian|li'an|la",
		"吕绿":            "lv|lü|lǜ|lvlv|lyu|lyulyu|ll",
		"阿卜杜热合曼·吐尔逊":    "阿卜杜热合曼吐尔逊|阿卜杜热合曼·吐尔逊|阿卜杜热合曼•吐尔逊|吐尔逊|热合|曼吐|abdrhmtex|tex|abudu|tuerxun|曼·吐",
		"张𬭸":            "𬭸|张𬭸|zhanglin|zl|lin",
		"张㐂三":           "㐂|㐂三|张㐂|zhang", // a character that the library may not read
		"John O'Brien":  "john|john o|jo|jobrien|obrien|o'brien|brien|j o b|job|johnobrien|JOHN",
		"Müller Jürgen": "müller|mvller|m j|jürg",
		"无名氏2":          "无名氏2|2|氏2|wms",
	} {
		for _, text := range strings.Split(texts, "|") {
			if got := find(t, named(name, "钱多多"), text); !slices.Equal(got, []string{name}) {
				t.Errorf("%s by %q: %v", name, text, got)
			}
		}
	}
}

func TestWhatIsNoPartOfANameDoesNotFindIt(t *testing.T) {
	for name, texts := range map[string]string{
		"张晓明":  "李|明张|hang|ang|iaoming|zm|zhangming|zhangxiaomingg|张明|zmx|张xx|zhang m|zha ng|z hang",
		"连":    "li an|l i",
		"李安":   "l i an|lia n",
		"王五":   "^|·| |'|王五五|王五王|\x00",
		"Ann":  "nn|a n|anna",
		"张三":   "张三" + strings.Repeat("三", 70),
		"仇一":   "ju",
		"欧阳娜娜": "oynnn|ouyn a",
	} {
		for _, text := range strings.Split(texts, "|") {
			if got := find(t, named(name), text); len(got) != 0 {
				t.Errorf("%s is found by %q", name, text)
			}
		}
	}
}

// The readings as surnames are those of 现代汉语词典 (7th ed.).
func TestASurnameIsFoundByItsOwnReadingAndByTheOrdinaryOne(t *testing.T) {
	for name, texts := range map[string]string{
		"单小红": "shanxiaohong danxiaohong sxh dxh", "曾伟": "zengwei cengwei zw cw", "解放": "xie jie", "仇英": "qiuying chouying qy cy", "任静": "renjing",
		"华罗": "hualuo", "朴树": "piaoshu pushu", "查良": "zhaliang chaliang", "区大": "ou qu", "盖文": "ge gai", "尉迟恭": "yuchigong weichi ycg wcg",
		"万俟卨": "moqi mq wanqi", "长孙无忌": "zhangsunwuji zswj changsun", "令狐冲": "linghuchong lhc", "翟天": "zhai di", "缪杰": "miaojie", "覃勇": "qin tan",
		"乐嘉": "yue le", "尉氏": "wei yu", "种师": "chong zhong", "员峰": "yun yuan", "那英": "naying", "石头": "shitou", "沈丽": "shenli sl", "单于": "chanyu shanyu",
		"贾明": "jia", "秘书": "bi mi", "黑明": "he hei", "召明": "shao zhao", "折明": "she zhe", "盛明": "sheng", "澹台明": "tantaiming", "皇甫明": "huangfu", "鲜于明": "xianyu",
	} {
		for _, text := range strings.Fields(texts) {
			if got := find(t, named(name), text); len(got) != 1 {
				t.Errorf("%s is not found by %s", name, text)
			}
		}
	}
}

func TestPinyinAsThePersonWritesItFindsToo(t *testing.T) {
	people := []Person{{ID: "t", Name: "吐尔逊", Pinyin: "Tursun Mamat"}, {ID: "o", Name: "欧阳娜", Pinyin: "Ouyang^Na"}, {ID: "c", Name: "陈大文", Pinyin: "Chan Tai Man"}, {ID: "x", Name: "某", Pinyin: "Xiaoming Li"}}
	for text, want := range map[string]string{"tursun": "t", "mamat": "t", "turs m": "t", "tuerxun": "t", "ouyang": "o", "oyn": "o", "chan tai": "c", "ctm": "c", "chen": "c", "xml": "x", "ming": "x"} {
		if got := find(t, people, text); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}

func TestANumberIsFoundWholeAndFromItsBeginning(t *testing.T) {
	people := []Person{{ID: "a", Name: "甲", Phone: "+86 139-0000-1234", Numbers: []string{"11010519491231002X", "62010200100100001", "H778899", "CT-2026 0001"}}, {ID: "b", Name: "乙", Phone: "13800000000", Numbers: []string{"110105194912310038"}}}
	for text, want := range map[string]string{
		"11010519491231002X": "a", "11010519491231002x": "a", "１１０１０５１９４９１２３１００２ｘ": "a", "110105 19491231": "a b", "1101": "a b", "13900001234": "a", "139 0000": "a", "139-0000-1234": "a", "+86 139": "a", "0086139": "a",
		"8613900001234": "a", "620102": "a", "h77": "a", "H778899": "a", "ct-2026": "a", "CT-20260001": "a", "10105": "", "0001234": "", "1": "a b", "x": "",
	} {
		got := find(t, people, text)
		if wanted := strings.Fields(want); slices.Equal(got, wanted) || len(got)+len(wanted) == 0 {
			continue
		}
		t.Errorf("%q: %v, want %q", text, got, want)
	}
}

func TestExactComesFirstThenTheBeginningThenTheInside(t *testing.T) {
	if got := find(t, named("小张伟", "张伟明", "欧张伟", "张伟", "章为"), "张伟"); !slices.Equal(got, []string{"张伟", "张伟明", "欧张伟", "小张伟"}) {
		t.Error(got)
	}
	if got := find(t, named("小章为", "张伟明", "张伟", "章为"), "zhangwei"); !slices.Equal(got, []string{"张伟", "章为", "张伟明", "小章为"}) {
		t.Error(got)
	}
	people := []Person{{ID: "long", Name: "甲", Numbers: []string{"12345"}}, {ID: "whole", Name: "乙", Numbers: []string{"1234"}}, {ID: "name", Name: "1234"}}
	if got := find(t, people, "1234"); !slices.Equal(got, []string{"name", "whole", "long"}) {
		t.Error(got)
	}
}

// Whoever is found in two ways takes no place of another one.
func TestEachPersonIsCountedOnce(t *testing.T) {
	x := New()
	x.Add(named("安娜", "安静明", "安心")) // an: the initials of the first, the first syllable of all
	if hits, more := x.Search("an", 1); len(hits) != 1 || hits[0] != (Hit{"安娜", Exact}) || !more {
		t.Errorf("%v, more %v", hits, more)
	}
	if hits, more := x.Search("an", 3); len(hits) != 3 || more {
		t.Errorf("%v, more %v", hits, more)
	}
}

// GB/T 16159 6.1.4: a syllable that begins with a, o or e behind another one is
// written with an apostrophe, so that one without begins with a consonant.
func TestTwoSyllablesWrittenTogetherAreDividedAsTheyAreRead(t *testing.T) {
	r := newReader()
	list := strings.Fields(syllables)
	list = slices.DeleteFunc(list, func(s string) bool { return s == "lyu" || s == "nyu" || s == "lue" || s == "nue" })
	for _, a := range list {
		for _, b := range list {
			if r.split(a + b)[0] == a+b || strings.IndexByte("aeo", b[0]) >= 0 {
				continue // one syllable, or an apostrophe
			}
			if got := r.split(a + b); !slices.Equal(got, []string{a, b}) {
				t.Errorf("%s+%s: %v", a, b, got)
			}
		}
	}
	if got := r.split("lyuwei"); !slices.Equal(got, []string{"lyu", "wei"}) {
		t.Errorf("as in a passport: %v", got)
	}
}

// naive says how a text finds a person by regular expressions over all ways to
// type a name: it shares with the index how characters are read, and nothing of
// how they are looked up.
type naive struct {
	reader *reader
	cache  map[string][]pattern
}

type pattern struct {
	start          int
	whole, initial *regexp.Regexp // nil where the name does not begin here
	part           *regexp.Regexp
}

var unitRE = regexp.MustCompile(`[A-Z][a-z]*|[^A-Z]`)

// patterns of a reading; characters are those of the name, nil for a reading in
// letters. A space is where the query is divided.
func (n *naive) patterns(reading string, chars []rune) []pattern {
	var units, whole, initial []string
	for _, u := range unitRE.FindAllString(reading, -1) {
		var ways []string
		self := ""
		if chars != nil {
			if letter(chars[0]) {
				chars = chars[len(u):]
			} else {
				self, chars = regexp.QuoteMeta(string(chars[0])), chars[1:]
				ways = append(ways, self)
			}
		}
		if u[0] < 'A' || u[0] > 'Z' {
			units, whole, initial = append(units, self), append(whole, self), append(initial, "[^\\s\\S]")
			continue
		}
		low := strings.ToLower(u)
		for i := len(low); i > 0; i-- {
			ways = append(ways, low[:i])
		}
		w := low
		if self != "" {
			w += "|" + self
		}
		units, whole, initial = append(units, "(?:"+strings.Join(ways, "|")+")"), append(whole, "(?:"+w+")"), append(initial, low[:1])
	}
	var out []pattern
	for i := range units {
		p := pattern{start: i}
		tail := ""
		for k := len(units) - 1; k > i; k-- {
			tail = "(?: ?" + units[k] + tail + ")?"
		}
		p.part = regexp.MustCompile("^" + units[i] + tail + "$")
		if i == 0 {
			p.whole = regexp.MustCompile("^" + strings.Join(whole, " ?") + "$")
			if len(units) > 1 {
				p.initial = regexp.MustCompile("^" + strings.Join(initial, " ?") + "$")
			}
		}
		out = append(out, p)
	}
	return out
}

// rank takes a text whose divisions are single spaces between letters.
func (n *naive) rank(p *Person, text string) Rank {
	key := p.Name + "\x00" + p.Pinyin
	list, ok := n.cache[key]
	if !ok {
		parsed := n.reader.read(p.Name, p.Pinyin)
		for _, r := range parsed.aligned {
			list = append(list, n.patterns(r, []rune(parsed.chars))...)
		}
		for _, r := range parsed.free {
			list = append(list, n.patterns(r, nil)...)
		}
		n.cache[key] = list
	}
	best := none
	for _, pt := range list {
		switch {
		case pt.start == 0 && (pt.whole.MatchString(text) || pt.initial != nil && pt.initial.MatchString(text)):
			best = Exact
		case pt.part.MatchString(text):
			r := Inside
			if pt.start == 0 {
				r = Prefix
			}
			best = min(best, r)
		}
	}
	return best
}

func (n *naive) person(p *Person, text string) Rank {
	best := none
	if t := strings.ToLower(text); text != "" {
		best = n.rank(p, t)
	}
	number := strings.ToUpper(strings.ReplaceAll(text, " ", ""))
	for _, s := range append([]string{p.Phone}, p.Numbers...) {
		switch {
		case number == "":
		case s == number:
			best = Exact
		case strings.HasPrefix(s, number):
			best = min(best, Prefix)
		}
	}
	return best
}

// texts are queries of every kind, most of them made out of a person.
func texts(v *invented, p *Person) string {
	r := v.rand
	n := newReader().read(p.Name, p.Pinyin)
	readings := append(slices.Clone(n.aligned), n.free...)
	reading := readings[r.IntN(len(readings))]
	chars := []rune(n.chars)
	switch r.IntN(9) {
	case 0: // one letter
		return string(rune('a' + r.IntN(26)))
	case 1: // part in characters
		i := r.IntN(len(chars))
		return string(chars[i : i+1+r.IntN(len(chars)-i)])
	case 2: // from a number's beginning
		s := append([]string{p.Phone}, p.Numbers...)[r.IntN(1+len(p.Numbers))]
		return s[:1+r.IntN(len(s))]
	case 3: // a surname
		return v.surnames[r.IntN(len(v.surnames))]
	case 4: // anything
		var b strings.Builder
		for range 1 + r.IntN(4) {
			b.WriteString([]string{"a", "n", "g", "zh", "x", "i", "w", " ", "张", "1", "王", "h"}[r.IntN(12)])
		}
		return strings.Join(strings.Fields(b.String()), " ")
	}
	// Pieces of units, some in characters.
	units := unitRE.FindAllString(reading, -1)
	aligned := slices.Contains(n.aligned, reading) && len(units) == len(chars)
	i := r.IntN(len(units))
	j := i + 1 + r.IntN(len(units)-i)
	style := r.IntN(4)
	divide := r.IntN(3) == 0
	var b strings.Builder
	for k := i; k < j; k++ {
		u := strings.ToLower(units[k])
		switch {
		case style == 0:
			u = u[:1]
		case style == 1 && aligned && r.IntN(3) == 0:
			u = string(chars[k])
		case style == 2 || k == j-1:
			u = u[:1+r.IntN(len(u))]
		}
		if !utf8.ValidString(u) {
			u = units[k]
		}
		if divide && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(u)
	}
	return b.String()
}

// TestTheIndexFindsWhatALookAtEveryPersonFinds compares the index with a look
// at every person by other means, while people come, change and go.
func TestTheIndexFindsWhatALookAtEveryPersonFinds(t *testing.T) {
	for seed := range uint64(3) {
		v := newInvented(seed)
		x := New()
		all := map[string]Person{}
		people := v.people(240)
		x.Add(people[:150])
		for _, p := range people[:150] {
			all[p.ID] = p
		}
		look := &naive{reader: newReader(), cache: map[string][]pattern{}}
		for range 5 {
			for range 30 { // change
				switch p := people[v.rand.IntN(len(people))]; v.rand.IntN(4) {
				case 0:
					x.Remove(p.ID)
					delete(all, p.ID)
				case 1:
					id := p.ID
					p = v.person(0)
					p.ID = id
					fallthrough
				default:
					x.Put(p)
					all[p.ID] = p
				}
			}
			if x.Len() != len(all) {
				t.Fatalf("%d people, want %d", x.Len(), len(all))
			}
			for range 40 {
				text := texts(v, &people[v.rand.IntN(len(people))])
				limit := []int{1, 5, 50, 1000}[v.rand.IntN(4)]
				compare(t, x, look, all, text, limit)
			}
		}
	}
}

func compare(t *testing.T, x *Index, look *naive, all map[string]Person, text string, limit int) {
	t.Helper()
	ranks := map[string]Rank{}
	var counts [none + 1]int
	for id, p := range all {
		if r := look.person(&p, text); r != none {
			ranks[id] = r
			counts[r]++
		}
	}
	hits, more := x.Search(text, limit)
	if len(hits) != min(limit, len(ranks)) || more != (len(ranks) > limit) {
		t.Errorf("%q: %d hits of %d, more %v, limit %d", text, len(hits), len(ranks), more, limit)
	}
	seen := map[string]bool{}
	last := Exact
	for _, h := range hits {
		want, ok := ranks[h.ID]
		if !ok || want != h.Rank || seen[h.ID] || h.Rank < last {
			t.Errorf("%q: %+v is %v (%v) by a look, twice %v, after %v: %+v", text, h, want, ok, seen[h.ID], last, all[h.ID])
		}
		seen[h.ID], last = true, h.Rank
	}
	scan := NewScan(text, limit)
	for _, p := range all {
		_, want := ranks[p.ID]
		if found := scan.Try(&p); found != want {
			t.Errorf("%q: a scan finds %+v: %v", text, p, found)
		}
	}
	again, _ := scan.Hits()
	if !slices.Equal(hits, again) {
		t.Errorf("%q: the index and a scan differ: %v, %v", text, hits, again)
	}
	matches := x.Matcher(text)
	for id := range all {
		_, want := ranks[id]
		if got, known := matches(id); got != want || !known {
			t.Errorf("%q matches %s: %v, known %v", text, id, got, known)
		}
	}
	if _, known := matches("nobody"); known {
		t.Error("nobody is known")
	}
}

func TestManyChangesLeaveFewSegmentsAndNobodyTwice(t *testing.T) {
	v := newInvented(9)
	x := New()
	people := v.people(20000)
	for i := 0; i < len(people); i += 1000 {
		x.Put(people[i : i+1000]...)
	}
	x.Put(people...) // all once more
	if x.Len() != len(people) {
		t.Errorf("%d people, want %d", x.Len(), len(people))
	}
	if n := len(x.segments); n > smallLimit+1 {
		t.Errorf("%d segments", n)
	}
	for _, p := range people[:200] {
		if hits, more := x.Search(p.Numbers[0], 10); more || !slices.ContainsFunc(hits, func(h Hit) bool { return h.ID == p.ID }) {
			t.Errorf("%v by %s: %v", p.ID, p.Numbers[0], hits)
		}
	}
	for _, p := range people {
		x.Remove(p.ID)
	}
	if hits, _ := x.Search("z", 10); len(hits) != 0 || x.Len() != 0 {
		t.Errorf("%v after all are gone", hits)
	}
}

func TestSearchesRunWhilePeopleChange(t *testing.T) {
	v := newInvented(3)
	x := New()
	people := v.people(4000)
	x.Add(people[:2000])
	var done sync.WaitGroup
	done.Go(func() {
		for i := 1000; i < 4000; i += 100 {
			x.Put(people[i : i+100]...)
		}
	})
	for w := range 2 {
		done.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for range 300 {
				p := people[r.IntN(1000)]
				if hits, _ := x.Search(p.Numbers[1], 5); len(hits) != 1 || hits[0].ID != p.ID {
					t.Errorf("%s is not found: %v", p.Numbers[1], hits)
					return
				}
			}
		})
	}
	done.Wait()
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"", "张", "zhang wei", "Ａ·b'c", "\x00", "\xff\xfe", "1e", "é", strings.Repeat("a ", 80), "ʼ-"} {
		f.Add(s, s, s)
	}
	f.Fuzz(func(t *testing.T, name, pinyin, text string) {
		x := New()
		p := Person{ID: "x", Name: name, Pinyin: pinyin, Numbers: []string{text, name}}
		x.Add([]Person{p, {ID: "y", Name: text}})
		x.Put(Person{ID: "z", Name: name, Phone: text})
		hits, _ := x.Search(text, 10)
		s := NewScan(text, 10)
		s.Try(&p)
		s.Try(&Person{ID: "y", Name: text})
		s.Try(&Person{ID: "z", Name: name, Phone: text})
		if again, _ := s.Hits(); fmt.Sprint(again) != fmt.Sprint(hits) {
			t.Errorf("%v by the index, %v by a scan", hits, again)
		}
	})
}
