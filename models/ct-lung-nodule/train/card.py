"""Writes ../card.json and ../README.md. Every number comes from metrics.json;
here are only words."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(PACKAGE, "..", "cxr-paediatric-pneumonia", "train"))
from common import estimate, memory_mib, metric, percent, plain, sha256, write_json  # noqa: E402

MODEL = os.path.join(PACKAGE, "model.onnx")
with open(os.path.join(HERE, "metrics.json"), encoding="utf-8") as f:
    M = json.load(f)
assert sha256(MODEL) == M["sha256"], "metrics.json is of another model.onnx: run train.py"
if "memory_mib" not in M:
    M["memory_mib"] = memory_mib(MODEL, (1, 1, 50, 50))
    write_json(os.path.join(HERE, "metrics.json"), M)

T, S, V, CV = M["test"], M["split"], M["validation"], M["cross_validation"]
LOW, HIGH = M["unsure"]
DATA = ("LUNA16 (Setio AAA et al., Medical Image Analysis 2017, doi 10.1016/j.media.2017.06.015), CC BY 4.0, of LIDC-IDRI (Armato SG et al., Medical Physics 2011, "
        "doi 10.1118/1.3528204; The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2015.LO9QL9SX), CC BY 3.0; crops of 50 x 50 pixels made by others")


def text(en, zh):
    return {"zh": zh, "en": en}


FOLDS = ", ".join(f"{v:.3f}" for v in CV["folds_auc"])
SUMMARY = text(
    f"Five-fold cross-validation over {CV['crops']} crops, {CV['positive']} with a nodule, not split by patient: AUC {plain(CV['auc'])}. "
    f"The shipped network on its own held-out fold of {T['crops']} crops: AUC {plain(T['auc'])}, sensitivity {percent(T['sensitivity'])} and specificity {percent(T['specificity'])} at {M['threshold']}; "
    f"{percent(T['unsure_share'])} are unsure. Nothing has been measured on whole scans, nor on any other set.",
    f"五折交叉验证 {CV['crops']} 个裁块(含结节 {CV['positive']} 个,未按患者划分):AUC {plain(CV['auc'])}。"
    f"随附网络在其留出折 {T['crops']} 个裁块上:AUC {plain(T['auc'])};阈值 {M['threshold']} 时敏感度 {percent(T['sensitivity'])},特异度 {percent(T['specificity'])};"
    f"{percent(T['unsure_share'])} 为“不确定”。未在整套 CT 或其他数据上测量。")

moved, zoomed, shifted = M["test_auc_place_moved_pixels"], M["test_auc_magnified"], M["test_auc_hounsfield_shifted"]
FAILURES = [
    text(f"Not split by patient: the crops carry no patient key. Crops are named after their row in a list of candidates that goes scan by scan (fine noise of crops less than 50 rows apart correlates by "
         f"{M['noise_correlation_by_rows_apart'][0]['correlation']:.2f}, of crops 50,000 rows apart by {M['noise_correlation_by_rows_apart'][-1]['correlation']:.2f}), so folds are runs of rows with {M['gap_rows']} rows left out between them, "
         "about two scans. A patient may still be on both sides, so the numbers may flatter the model.",
         f"未按患者划分:裁块不含患者标识。裁块以候选列表的行号命名,列表按扫描排列(相距不足 50 行者细噪声相关 {M['noise_correlation_by_rows_apart'][0]['correlation']:.2f},相距 5 万行者 {M['noise_correlation_by_rows_apart'][-1]['correlation']:.2f}),"
         f"因此按连续行分折,折间空出 {M['gap_rows']} 行(约两次扫描)。同一患者仍可能跨折,结果可能偏乐观。"),
    text("No claim for whole scans: it was never run over a scan, only on places that a detection algorithm or a reader had already marked. It finds nothing by itself.",
         "不适用于整套 CT:只在检测算法或医师已标出的位置上训练和测量,自身不会发现任何病灶。"),
    text("What the 8-bit crops mean in Hounsfield units is not stated with them. -1000..400 is inferred: their grey values peak at 24 and 188, which it makes -868 HU (lung) and 32 HU (soft tissue), and crops are not stretched one by one. "
         f"A shift of the scale costs: AUC {shifted['-100']:.3f} at -100 HU, {shifted['100']:.3f} at +100, {shifted['-200']:.3f} at -200, {shifted['200']:.3f} at +200.",
         "8 位裁块对应的 HU 范围未注明,-1000~400 为推断:灰度峰值 24 与 188 由此对应 -868 HU(肺)与 32 HU(软组织),且各裁块未单独拉伸。"
         f"标度偏移的代价:-100 HU 时 AUC {shifted['-100']:.3f},+100 时 {shifted['100']:.3f},-200 时 {shifted['-200']:.3f},+200 时 {shifted['200']:.3f}。"),
    text("The pixel spacing of the crops is not stated with them; the scans they come from have 0.46 to 0.98 mm and slices of at most 2.5 mm, and crops are taken as pixels of the original slice. "
         f"Magnified 0.7, 0.85, 1.2 and 1.4 times the AUC is {zoomed['0.7']:.3f}, {zoomed['0.85']:.3f}, {zoomed['1.2']:.3f} and {zoomed['1.4']:.3f}.",
         "裁块的像素间距未注明;来源扫描为 0.46~0.98 mm、层厚不超过 2.5 mm,按原始层面像素使用。"
         f"放大 0.7、0.85、1.2、1.4 倍时 AUC 为 {zoomed['0.7']:.3f}、{zoomed['0.85']:.3f}、{zoomed['1.2']:.3f}、{zoomed['1.4']:.3f}。"),
    text(f"The place must be marked in the middle: 2, 4, 6 and 8 pixels off, the AUC is {moved['2']:.3f}, {moved['4']:.3f}, {moved['6']:.3f} and {moved['8']:.3f}.",
         f"标记须位于病灶中央:偏离 2、4、6、8 像素时 AUC 为 {moved['2']:.3f}、{moved['4']:.3f}、{moved['6']:.3f}、{moved['8']:.3f}。"),
    text("One slice is seen, 50 x 50 pixels of it: vessels cut across look like nodules, and nodules larger than about 30 mm do not fit.",
         "只看单层 50 x 50 像素:血管横断面可似结节,约 30 mm 以上的结节放不下。"),
    text("“Nodule” is what at least three of four readers of LIDC-IDRI marked as 3 mm or more; it says nothing about malignancy, and what was not marked may be another disease.",
         "“结节”指 LIDC-IDRI 四名阅片者中至少三人标记且不小于 3 mm 者,与良恶性无关;未标记处也可能有其他病变。"),
    text(f"Probabilities are calibrated to a share of {100 * V['prevalence']:.0f} % nodules among marked places (calibration error in cross-validation {CV['calibration_error_10_bins']:.3f}); a doctor marks another share.",
         f"概率按标记处中结节占 {100 * V['prevalence']:.0f} % 校准(交叉验证校准误差 {CV['calibration_error_10_bins']:.3f});医师标记的比例与此不同。"),
    text(f"The AUC of the mean grey value of the middle 6 x 6 pixels alone is {M['centre_mean_alone_test_auc']:.3f}: part of the task is no more than something dense in the middle.",
         f"仅用中央 6 x 6 像素平均灰度,AUC 即达 {M['centre_mean_alone_test_auc']:.3f}:任务的一部分只是“中央是否致密”。"),
]

CARD = {
    "schema": "longying-card/1",
    "id": "ct-lung-nodule",
    "version": "1.0.0",
    "name": text("Chest CT: nodule at a marked place", "胸部 CT:标记处肺结节"),
    "maker": "Longying project",
    "authors": ["Longying project"],
    "changelog": ["1.0.0: first version"],
    "licence": {"weights": "Apache-2.0", "data": "CC-BY-4.0", "attribution": DATA},
    "file": {"name": "model.onnx", "sha256": M["sha256"], "opset": 17, "minimum_runtime": "1.17.0"},
    "task": "region",
    "purpose": {
        "intended_use": text("A second look at one place on an axial chest CT image that a doctor has marked: does it look like a lung nodule or like a vessel, scar or airway. Research and assistance only.",
                             "对医师在胸部 CT 轴位图像上标记的一处作第二次提示:像肺结节,还是像血管、瘢痕或气道。仅供研究与辅助。"),
        "contraindications": [
            text("Whole scans, screening, finding nodules that nobody marked, ruling a nodule out.", "整套扫描、筛查、寻找未标记的结节、排除结节。"),
            text("Telling benign from malignant, measuring, follow-up, deciding on treatment.", "良恶性判断、测量、随访、决定治疗。"),
            text("Slices thicker than 2.5 mm, pixels outside 0.46 to 0.98 mm, coronal or sagittal images, other organs, children.", "层厚大于 2.5 mm、像素间距不在 0.46~0.98 mm、冠状或矢状面、其他部位、儿童。")],
        "user_role": text("Radiologist, or a doctor who is allowed to report chest CT", "放射科医师或有权出具胸部 CT 报告的医师"),
        "registration": text("Not a medical device, registered nowhere; research and assistive use only", "非医疗器械,未注册;仅供研究与辅助"),
    },
    "input": {
        "modalities": ["CT"], "body_parts": ["CHEST", "LUNG", "THORAX"], "views": [], "photometric": ["MONOCHROME2"],
        "age_years": {"min": 18, "max": 120},
        "spacing_mm": {"min": 0.46, "max": 0.98}, "slice_thickness_mm": {"min": 0.5, "max": 2.5},
        "min_rows": 128, "min_columns": 128,
        "region_crop": {"width": 50, "height": 50},
        "reference": ["LIDC-IDRI by way of LUNA16: chest CT of adults, seven centres in the USA, slices of at most 2.5 mm, with and without contrast medium",
                      "one axial image; the 50 x 50 pixels about the middle of the marked place, as they are, not resampled; Hounsfield units -1000..400 to 0..1"],
        "preprocess": [
            {"step": "modality-values"},
            {"step": "window", "window_center": -300, "window_width": 1400, "low": 0, "high": 1},
            {"step": "mean-std", "mean": [0.27], "std": [0.26]},
            {"step": "layout", "order": "NCHW"}],
        "tensor": {"name": "image", "shape": [-1, 1, 50, 50], "order": "NCHW"},
        "statistics": M["statistics"],
        "marked_region": True, "always_amber": True,
        "amber_reason": text("Trained on single crops whose patient, grey scale and pixel spacing are not stated with them; not measured on whole scans",
                             "训练用单个裁块,未注明患者、灰度标度与像素间距;未在整套 CT 上测量"),
    },
    "outputs": [
        {"name": "probability", "kind": "probabilities", "exclusive": False, "classes": [{
            "key": "nodule", "label": text("Lung nodule", "肺结节"), "proposes": True,
            "code": {"value": "27925004", "scheme": "SCT", "meaning": "Nodule"},
            "site": {"value": "39607008", "scheme": "SCT", "meaning": "Lung structure"},
            "threshold": M["threshold"], "unsure": M["unsure"], "colour": "#e69f00"}]},
        {"name": "cam", "kind": "activation-map", "exclusive": False, "for_class": "nodule", "box_fraction": 0.6}],
    "dicom": {"algorithm_name": "longying ct-lung-nodule", "algorithm_version": "1.0.0",
              "algorithm_family": {"value": "123110", "scheme": "DCM", "meaning": "Artificial Intelligence"}},
    "evidence": {
        "summary": SUMMARY,
        "split": f"Not by patient: crops carry no patient key. 20 runs of rows of the candidate list, which goes scan by scan, dealt to 5 folds; {M['gap_rows']} rows left out of training and validation at each border. "
                 f"Intervals: bootstrap over runs of {M['rows_a_scan']} rows (about one scan), 2000 draws. Weights, calibration, threshold and unsure band were settled without the fold they are measured on.",
        "populations": ["LIDC-IDRI by way of LUNA16: adults, seven centres in the USA"],
        "train": {"images": S["train"]["crops"], "groups": S["train"]["runs_of_rows"]},
        "validation": {"images": S["validation"]["crops"], "groups": S["validation"]["runs_of_rows"]},
        "test": {"images": S["test"]["crops"], "groups": S["test"]["runs_of_rows"]},
        "metrics": [
            metric("auc", T["auc"], T["crops"]),
            metric("sensitivity", T["sensitivity"], T["positive"]),
            metric("specificity", T["specificity"], T["negative"]),
            metric("unsure_share", T["unsure_share"], T["crops"]),
            metric("auc", CV["auc"], CV["crops"], "cross-validation"),
            metric("sensitivity", CV["sensitivity"], CV["positive"], "cross-validation"),
            metric("specificity", CV["specificity"], CV["negative"], "cross-validation"),
            metric("unsure_share", CV["unsure_share"], CV["crops"], "cross-validation")],
        "prevalence": T["prevalence"],
        "known_failures": FAILURES,
        "operating_point": {"chosen_on": "validation", "threshold": M["threshold"],
                            "rule": "sensitivity and specificity closest to each other; unsure from the probability below which 1 in 50 nodules lies to the one at or above which 4 in 5 crops are nodules, at least 0.15 above the threshold"},
        "operating_points": [{
            "class": "nodule", "threshold": M["threshold"], "set": name, "population": "LIDC-IDRI, adults, USA", "devices": [],
            "n": m["crops"], "prevalence": m["prevalence"], "sensitivity": estimate(m["sensitivity"]), "specificity": estimate(m["specificity"])}
            for name, m in (("test", T), ("cross-validation", CV))],
        "calibration": [{"class": "nodule", "set": "cross-validation", "n": CV["crops"], "ece": CV["calibration_error_10_bins"],
                         "brier": CV["brier"], "picture": "calibration.png"}],
    },
    "resources": {"memory_mib": M["memory_mib"], "seconds": M["seconds_per_crop_one_thread"], "cpu": M["cpu"] + ", one thread"},
    "tests": {"cases": "test/cases.json", "preprocess": "test/preprocess.json"},
}

rows = lambda m: [f"{m['crops']}, {m['positive']}", plain(m["auc"]), percent(m["sensitivity"]), percent(m["specificity"]), percent(m["unsure_share"]),
                  percent(m["nodules_below_band"]), percent(m["nodules_above_band"]), percent(m["share_right_above_band"]), f"{m['calibration_error_10_bins']:.3f}, {m['brier']:.3f}"]
TABLE = "\n".join(f"| {a} | {b} | {c} |" for a, b, c in zip(
    ["crops, with a nodule", "AUC", f"sensitivity at {M['threshold']}", f"specificity at {M['threshold']}", f"in the unsure band {LOW} to {HIGH}",
     "nodules below the band", "nodules above the band", "nodules among crops above the band", "calibration error, Brier score"], rows(CV), rows(T)))
README = f"""# ct-lung-nodule

Not a medical device. Research and assistance only. 非医疗器械,仅供研究与辅助。

Says how much one place on an axial chest CT image, which a doctor has marked, resembles places that readers marked as a lung nodule. It proposes; a doctor decides. It finds nothing by itself and makes no claim for whole scans.

**Refuses**: an image without a marked place, a place so near the border that 50 x 50 pixels do not fit, a mark larger than that, anything but CT of the chest of an adult, pixels outside 0.46 to 0.98 mm, slices thicker than 2.5 mm. Always amber. A low probability is never worded as normal.

## Measured

| what | cross-validation, 5 folds | the shipped network, held-out fold |
|---|---|---|
{TABLE}

AUC of the five folds: {FOLDS}. The first fold is the shipped network's; for each other a network was trained afresh ({', '.join(map(str, CV['folds_epochs']))} epochs of the five; the fewer for want of time), and its threshold here is the shipped one's. **Not split by patient**: crops carry no patient key. Their names are row numbers of a list that goes scan by scan, so folds are runs of rows and {M['gap_rows']} rows are left out of training at each border; the crop of the shipped fold that is most alike to one trained on has a correlation of fine structure of {M['alike_test_train_max']:.2f}. Intervals: bootstrap over runs of {M['rows_a_scan']} rows, about one scan.

![Share found against probability said, cross-validation](calibration.png)

Calibration (logit divided by {M['temperature']:.2f}, {M['shift']:+.2f}), threshold and band were chosen on {V['crops']} validation crops, AUC {plain(V['auc'])}. Trained on {S['train']['crops']} crops with {S['train']['nodules']} nodules. The held-out fold was measured when all this was settled; nothing was changed for what it showed. Number of epochs and size of network were settled on validation alone. {len(M['left_out_of_another_size'])} crop(s) of another size were left out. Time a crop, one thread of {M['cpu']}: {1000 * M['seconds_per_crop_one_thread']:.1f} ms.

## Known failures

{chr(10).join('- ' + f['en'] for f in FAILURES)}

## Graph

Input `image` float32 [N,1,50,50]: Hounsfield units of 50 x 50 pixels about the middle of the mark, -1000..400 to 0..1, minus 0.27, over 0.26. Outputs: `probability` [N,1], calibrated; `cam` [N,1,{M['cam_size'][0]},{M['cam_size'][1]}], the linear class-activation map, of which the mean over the middle 3 x 3 cells plus a constant is the logit. Opset 17, batch norm folded in. A small residual network ({M['bytes'] // 1000} kB), trained from nothing, no pretrained weights.

## Again

`train/train.py` (pinned `train/requirements.txt`; the shipped network took {round(M['training_seconds'] / 60)} minutes on 2 cores shared with other work, each other fold as long; `--fold K` trains one in a process of its own; shares `common.py` with `cxr-paediatric-pneumonia/train`), then `train/card.py`. `train/split.tsv` says where each crop went, `train/probabilities.tsv` what was said of it in cross-validation.

## 中文摘要

对医师在胸部 CT 轴位图像上标记的一处提示是否像肺结节,由医师确认或驳回;不会自行发现病灶,不适用于整套扫描。{SUMMARY['zh']}

拒绝:未标记位置、标记太靠边(放不下 50 x 50 像素)、标记过大、非成人胸部 CT、像素间距不在 0.46~0.98 mm、层厚大于 2.5 mm。结果始终为黄色。概率低不表述为“正常”。

已知缺陷:

{chr(10).join('- ' + f['zh'] for f in FAILURES)}

## Licence

Weights and code Apache-2.0 (`LICENSE`). Data: {DATA}. The crops were turned, scaled and varied in training.
"""

write_json(os.path.join(PACKAGE, "card.json"), CARD)
with open(os.path.join(PACKAGE, "README.md"), "w", encoding="utf-8") as f:
    f.write(README)
