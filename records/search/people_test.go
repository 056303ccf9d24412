package search

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// invented makes people who do not exist: names of the Han by how frequent
// surnames and characters are, of minorities with middle dots, of foreigners.
type invented struct {
	rand     *rand.Rand
	surnames []string
	given    []string
}

func newInvented(seed uint64) *invented {
	v := &invented{rand: rand.New(rand.NewPCG(seed, 7))}
	// The commonest surnames in their order (Ministry of Public Security, 2020), then rarer ones.
	v.surnames = strings.Split("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 罗 高 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 "+
		"姚 卢 姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 付 方 白 邹 孟 熊 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 黎 贺 顾 毛 郝 龚 邵 万 钱 严 覃 武 戴 莫 孔 向 汤 "+
		"单 解 仇 华 朴 查 区 盖 翟 乐 欧阳 尉迟 万俟 长孙 令狐 司马 上官 皇甫 缪 种 㛃 𬭸", " ")
	for _, c := range "伟芳娜敏静秀英丽强磊军洋勇艳杰娟涛明超兰霞平刚桂红建国华志文玉小晓海春梅雪飞宇浩然子轩梓涵欣怡佳琪嘉诚思雨晨阳俊豪天佑一诺可心雅婷若曦紫萱博瑞泽铭远航程鹏程立新永福贵财旺发长乐行重朝晟镕喆堃彧昇祎䶮𬭸" {
		v.given = append(v.given, string(c))
	}
	return v
}

// skewed is a number below n, small ones more often.
func (v *invented) skewed(n int) int {
	f := v.rand.Float64()
	return int(f * f * float64(n))
}

func (v *invented) name() string {
	switch v.rand.IntN(60) {
	case 0:
		parts := strings.Split("阿卜杜 热合曼 吐尔逊 古丽 买买提 艾力 阿依 努尔 麦麦提 迪丽 热巴 卓玛 才让 扎西 多吉 尼玛 次仁 巴特尔 其其格 乌兰", " ")
		var out []string
		for range 1 + v.rand.IntN(3) {
			out = append(out, parts[v.rand.IntN(len(parts))]+parts[v.rand.IntN(len(parts))])
		}
		return strings.Join(out, []string{"·", "•", "."}[v.rand.IntN(3)])
	case 1:
		parts := strings.Split("John Smith Maria Müller Anna O'Brien Lee Al-Hassan Nguyen Kim Ivan Petrov Zhang Wei", " ")
		return parts[v.rand.IntN(len(parts))] + " " + parts[v.rand.IntN(len(parts))]
	}
	out := v.surnames[v.skewed(len(v.surnames))]
	if v.rand.IntN(80) == 0 {
		return out
	}
	for range 1 + min(1, v.rand.IntN(6)) {
		out += v.given[v.skewed(len(v.given))]
	}
	return out
}

// person has a name, a resident ID number, a phone number, a health record
// number, a hospital's number and an accession number.
func (v *invented) person(i int) Person {
	p := Person{ID: fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", v.rand.Uint32(), v.rand.IntN(1<<16), v.rand.IntN(1<<12), v.rand.IntN(1<<12), i), Name: v.name(),
		Phone: fmt.Sprintf("1%02d%08d", 30+v.rand.IntN(70), v.rand.IntN(1e8))}
	if v.rand.IntN(20) == 0 {
		p.Pinyin = strings.Split("Ouyang Nana|LV WEI|Lyu Wei|Tursun Mamat|Xi'an Li|ZHANG^SAN", "|")[v.rand.IntN(6)]
	}
	region := []string{"620102", "620123", "110105", "650104", "540102"}[v.rand.IntN(5)]
	id := fmt.Sprintf("%s%04d%02d%02d%03d", region, 1930+v.rand.IntN(95), 1+v.rand.IntN(12), 1+v.rand.IntN(28), v.rand.IntN(1000))
	sum := 0
	for k := range id {
		sum += int(id[k]-'0') * (1 << (17 - k) % 11)
	}
	p.Numbers = []string{id + string("10X98765432"[sum%11]), fmt.Sprintf("%s%011d", region, i), fmt.Sprintf("H%07d", v.rand.IntN(1e7)), fmt.Sprintf("CT2026%06d", v.rand.IntN(1e6))}
	return p
}

func (v *invented) people(n int) []Person {
	out := make([]Person, n)
	for i := range out {
		out[i] = v.person(i)
	}
	return out
}
