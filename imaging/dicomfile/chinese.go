package dicomfile

import (
	"strings"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// commonChinese are the characters met most in the headers of images: the
// surnames that nearly everybody has, those frequent in given names, and the
// words of departments and examinations.
const commonChinese = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤" +
	"常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费" +
	"卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明池查麻苑迟" +
	"伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超霞平刚玉萍红鹏飞辉建国志海波斌宇浩然子轩梓涵欣怡诗雨晨佳琪俊凯婷雪琴云莲春花凤珍贞莉美琳素洁慧巧雅芝香月莺媛翠环爱妹瑞佩淑惠珠青琼勤桃倩婉娴瑾颖露瑶婵雁蓓仪荷丹蓉眉君黛昭冰爽蕊薇菁" +
	"梦岚婕馨韵融园艺咏卿聪澜纯毓悦伊可影荔枝思毅峰力保东永健世广义兴良山仁贵福生元胜学祥才发新利清富顺信星光天达岩中茂进有坚彪博诚先敬震振壮会群豪心邦承乐绍功松善厚庆民友裕河哲亮政谦亨奇固之翰朗伯宏言若鸣朋栋维启克伦翔旭泽辰士" +
	"以家致树炎德行泰冠炳腾小晓阿继宝银长根锁喜忠恩娃满尕" +
	"医院人民市县省区第一二三四五六七八九十肃州水定西威掖酒泉凉陇南临嘉峪昌生附属大妇幼健科室像放射诊断报告检查扫描增头颅胸部腹盆腔脊柱颈椎腰膝节肩髋腕踝手足骨右侧正位斜双下上肢肺肝胆胰脾肾膀胱宫卵巢前列腺乳甲状脏血动脉造超声核磁共振" +
	"线数字化摄片患者姓名性别男女年龄岁日床号门住急体病理标本切组织细胞活未见异常结炎症感染折积液占肿瘤癌序薄层重窗软纵隔规弥散加权压脂矢轴"

// hanLevel is how common a Han character is: 0 one of commonChinese, 1 and 2
// the levels of GB 2312, 3 any other.
func hanLevel(r rune) int {
	if strings.ContainsRune(commonChinese, r) {
		return 0
	}
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(r)))
	if err != nil || len(b) != 2 || b[1] < 0xa1 {
		return 3
	}
	switch {
	case b[0] >= 0xb0 && b[0] <= 0xd7:
		return 1
	case b[0] >= 0xd8 && b[0] <= 0xf7:
		return 2
	}
	return 3
}

// commonHangul reports a syllable of KS X 1001, which has those in use.
func commonHangul(r rune) bool {
	b, err := korean.EUCKR.NewEncoder().Bytes([]byte(string(r)))
	return err == nil && len(b) == 2 && b[0] >= 0xa1 && b[1] >= 0xa1
}
