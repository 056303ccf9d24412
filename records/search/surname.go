package search

// surnames are the readings of characters as surnames where they differ from
// the usual one, or where two are in use. The library gives the usual ones.
// After 现代汉语词典 (7th ed.), which marks them 姓.
func surnames() map[rune][]string {
	return map[rune][]string{
		'单': {"shan"}, '曾': {"zeng"}, '解': {"xie"}, '仇': {"qiu"}, '任': {"ren"}, '华': {"hua"}, '朴': {"piao"}, '查': {"zha"}, '区': {"ou"},
		'盖': {"ge", "gai"}, '翟': {"zhai", "di"}, '覃': {"qin", "tan"}, '乐': {"yue", "le"}, '沈': {"shen"}, '贾': {"jia"}, '石': {"shi"},
		'车': {"che"}, '葛': {"ge"}, '柏': {"bai", "bo"}, '秘': {"bi"}, '都': {"du"}, '缪': {"miao"}, '牟': {"mu", "mou"}, '那': {"na"},
		'宁': {"ning"}, '於': {"yu"}, '逄': {"pang"}, '冼': {"xian"}, '洗': {"xian"}, '员': {"yun"}, '折': {"she"}, '句': {"gou"}, '谌': {"chen", "shen"},
		'种': {"chong"}, '祭': {"zhai"}, '召': {"shao"}, '宓': {"mi", "fu"}, '黑': {"he"}, '繁': {"po"}, '郇': {"xun", "huan"}, '晁': {"chao"},
		'薄': {"bo"}, '卜': {"bu"}, '重': {"chong"}, '干': {"gan"}, '谷': {"gu"}, '炅': {"gui"}, '过': {"guo"}, '哈': {"ha"}, '纪': {"ji"},
		'隗': {"wei", "kui"}, '阚': {"kan"}, '乜': {"nie"}, '能': {"nai"}, '强': {"qiang"}, '瞿': {"qu"}, '撒': {"sa"}, '盛': {"sheng"},
		'相': {"xiang"}, '冯': {"feng"}, '幺': {"yao"}, '应': {"ying"}, '臧': {"zang"}, '占': {"zhan"}, '仉': {"zhang"}, '訾': {"zi"}, '尉': {"wei", "yu"},
		'褚': {"chu"}, '朝': {"chao"}, '贲': {"ben"}, '眭': {"sui"}, '郗': {"xi", "chi"}, '郄': {"qie", "xi"}, '厍': {"she"}, '莘': {"shen", "xin"},
		'佘': {"she"}, '粟': {"su"}, '滑': {"hua"}, '曲': {"qu"}, '逯': {"lu"}, '镡': {"tan", "chan", "xin"}, '啜': {"chuai"}, '适': {"kuo"},
		'阙': {"que"}, '尹': {"yin"}, '洪': {"hong"}, '余': {"yu"}, '俞': {"yu"}, '阎': {"yan"}, '闫': {"yan"}, '藏': {"zang"}, '行': {"xing"},
		'长': {"zhang"}, '令': {"ling"}, '万': {"wan"}, '呙': {"guo"}, '钭': {"tou"}, '鲜': {"xian"}, '芮': {"rui"}, '隽': {"juan"}, '俱': {"ju"},
		'寻': {"xun"}, '便': {"pian"}, '不': {"fou"}, '称': {"chen"}, '褶': {"she"}, '哀': {"ai"}, '筰': {"zuo"}, '参': {"shen"}, '少': {"shao"},
		'卒': {"zu"}, '校': {"xiao", "jiao"}, '勒': {"le"}, '巷': {"xiang"}, '艾': {"ai"}, '燕': {"yan"}, '蒙': {"meng"}, '宿': {"su", "xiu"}, '降': {"jiang"},
	}
}

// compounds are surnames of two characters that are read otherwise together.
func compounds() map[string][2]string {
	return map[string][2]string{
		"尉迟": {"yu", "chi"}, "万俟": {"mo", "qi"}, "长孙": {"zhang", "sun"}, "令狐": {"ling", "hu"}, "单于": {"chan", "yu"}, "澹台": {"tan", "tai"},
		"亓官": {"qi", "guan"}, "宰父": {"zai", "fu"}, "夹谷": {"jia", "gu"}, "谷梁": {"gu", "liang"}, "拓跋": {"tuo", "ba"}, "拓拔": {"tuo", "ba"},
		"皇甫": {"huang", "fu"}, "鲜于": {"xian", "yu"}, "淳于": {"chun", "yu"}, "呼延": {"hu", "yan"}, "濮阳": {"pu", "yang"}, "乐正": {"yue", "zheng"},
		"公冶": {"gong", "ye"}, "漆雕": {"qi", "diao"}, "壤驷": {"rang", "si"}, "巫马": {"wu", "ma"}, "赫连": {"he", "lian"}, "叶赫": {"ye", "he"},
		"那拉": {"na", "la"}, "贺兰": {"he", "lan"}, "百里": {"bai", "li"}, "东方": {"dong", "fang"}, "相里": {"xiang", "li"}, "库狄": {"she", "di"},
	}
}

// given are readings in use in given names beside the usual one, which the
// library gives first.
func given() map[rune][]string {
	return map[rune][]string{
		'乐': {"yue"}, '卜': {"bu"}, '行': {"hang"}, '长': {"chang", "zhang"}, '重': {"chong"}, '朝': {"zhao"}, '盛': {"cheng"}, '传': {"zhuan"}, '柏': {"bo"}, '茜': {"xi"},
		'娜': {"nuo"}, '晟': {"sheng"}, '莞': {"wan"}, '好': {"hao"}, '都': {"du"}, '藏': {"zang"}, '还': {"huan"}, '会': {"kuai"}, '角': {"jue"}, '参': {"shen"},
		'车': {"ju"}, '大': {"dai"}, '强': {"jiang"}, '曾': {"zeng"}, '朴': {"piao"}, '单': {"shan"}, '华': {"hua"}, '任': {"ren"}, '区': {"ou"}, '漂': {"piao"},
		'说': {"yue"}, '颉': {"jie", "xie"}, '琤': {"cheng"}, '祎': {"yi"}, '济': {"ji"}, '给': {"ji"}, '校': {"jiao"}, '藉': {"ji"}, '露': {"lu"}, '薇': {"wei"},
		'莎': {"suo"}, '亶': {"dan"}, '俊': {"jun"}, '浚': {"xun"}, '景': {"ying"}, '钿': {"tian"}, '铅': {"yan"}, '省': {"xing"}, '识': {"zhi"},
		'柜': {"ju"}, '缪': {"miao"}, '婼': {"ruo"}, '炅': {"jiong"}, '见': {"xian"},
	}
}
