package dicomfile

const tagViewCode Tag = 0x00540220

// projection is the View Position (0018,5101), or where a mammogram gives only a
// View Code Sequence (0054,0220) the usual abbreviation of its code (PS3.16 CID
// 4014), by SNOMED CT or the older SNOMED RT. Others are left empty.
func projection(ds *Dataset) string {
	if v := ds.Text(TagViewPosition); v != "" {
		return v
	}
	switch ds.Item(tagViewCode).Text(TagCodeValue) {
	case "399162004", "R-10242":
		return "CC"
	case "399368009", "R-10226":
		return "MLO"
	case "399260004", "R-10224":
		return "ML"
	case "399352003", "R-10228":
		return "LM"
	case "399192008":
		return "XCCL"
	}
	return ""
}
