package dicomfile

import (
	"fmt"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// Tag is an attribute's number, group<<16 | element: PS3.5 7.1.
type Tag uint32

// NewTag joins a group and an element number.
func NewTag(group, element uint16) Tag { return Tag(group)<<16 | Tag(element) }

// Group is the first half of the number.
func (t Tag) Group() uint16 { return uint16(t >> 16) }

// Element is the second half of the number.
func (t Tag) Element() uint16 { return uint16(t) }

// Private reports an odd group: PS3.5 7.8.
func (t Tag) Private() bool { return t.Group()&1 == 1 }

// String is the number as the standard writes it, e.g. (0010,0010).
func (t Tag) String() string { return fmt.Sprintf("(%04X,%04X)", t.Group(), t.Element()) }

// Name is the attribute's name in PS3.6, e.g. Patient's Name; empty when the
// dictionary does not have it.
func (t Tag) Name() string {
	info, err := tag.Find(tag.Tag{Group: t.Group(), Element: t.Element()})
	if err != nil {
		return ""
	}
	return info.Name
}

// label is the number with the name, for error messages.
func (t Tag) label() string {
	if n := t.Name(); n != "" {
		return t.String() + " " + n
	}
	return t.String()
}

// dictionaryVRs are the VRs that PS3.6 gives the attribute: several where it
// says "US or SS", none where the attribute is private or unknown. Repeating
// groups 50xx and 60xx are looked up as their first.
func dictionaryVRs(t Tag) []string {
	if t.Private() {
		if e := t.Element(); e >= 0x10 && e <= 0xff {
			return []string{"LO"} // private creator, PS3.5 7.8.1
		}
		return nil
	}
	group := t.Group()
	if g := group & 0xff00; g == 0x5000 || g == 0x6000 {
		group = g
	}
	info, err := tag.Find(tag.Tag{Group: group, Element: t.Element()})
	if err != nil {
		return nil
	}
	return info.VRs
}

// Attributes this program reads or writes by name. Any other attribute is
// written with NewTag.
const (
	TagFileMetaVersion             Tag = 0x00020001
	TagMediaSOPClass               Tag = 0x00020002
	TagMediaSOPInstance            Tag = 0x00020003
	TagTransferSyntax              Tag = 0x00020010
	TagImplementationClass         Tag = 0x00020012
	TagImplementationVersion       Tag = 0x00020013
	TagSourceAETitle               Tag = 0x00020016
	TagSpecificCharacterSet        Tag = 0x00080005
	TagImageType                   Tag = 0x00080008
	TagInstanceCreationDate        Tag = 0x00080012
	TagInstanceCreationTime        Tag = 0x00080013
	TagSOPClassUID                 Tag = 0x00080016
	TagSOPInstanceUID              Tag = 0x00080018
	TagStudyDate                   Tag = 0x00080020
	TagSeriesDate                  Tag = 0x00080021
	TagAcquisitionDate             Tag = 0x00080022
	TagContentDate                 Tag = 0x00080023
	TagStudyTime                   Tag = 0x00080030
	TagSeriesTime                  Tag = 0x00080031
	TagAcquisitionTime             Tag = 0x00080032
	TagContentTime                 Tag = 0x00080033
	TagAccessionNumber             Tag = 0x00080050
	TagModality                    Tag = 0x00080060
	TagConversionType              Tag = 0x00080064
	TagManufacturer                Tag = 0x00080070
	TagInstitutionName             Tag = 0x00080080
	TagReferringPhysician          Tag = 0x00080090
	TagCodeValue                   Tag = 0x00080100
	TagCodingSchemeDesignator      Tag = 0x00080102
	TagCodingSchemeVersion         Tag = 0x00080103
	TagCodeMeaning                 Tag = 0x00080104
	TagMappingResource             Tag = 0x00080105
	TagLongCodeValue               Tag = 0x00080119
	TagURNCodeValue                Tag = 0x00080120
	TagTimezoneOffset              Tag = 0x00080201
	TagStationName                 Tag = 0x00081010
	TagStudyDescription            Tag = 0x00081030
	TagSeriesDescription           Tag = 0x0008103E
	TagModelName                   Tag = 0x00081090
	TagReferencedPPSSequence       Tag = 0x00081111
	TagReferencedSeries            Tag = 0x00081115
	TagReferencedSOPClass          Tag = 0x00081150
	TagReferencedSOPInstance       Tag = 0x00081155
	TagReferencedFrameNumber       Tag = 0x00081160
	TagReferencedSOPSequence       Tag = 0x00081199
	TagDerivationDescription       Tag = 0x00082111
	TagPrimaryAnatomy              Tag = 0x00082228
	TagPatientName                 Tag = 0x00100010
	TagPatientID                   Tag = 0x00100020
	TagIssuerOfPatientID           Tag = 0x00100021
	TagPatientBirthDate            Tag = 0x00100030
	TagPatientSex                  Tag = 0x00100040
	TagOtherPatientIDs             Tag = 0x00101000
	TagOtherPatientIDsSeq          Tag = 0x00101002
	TagPatientAge                  Tag = 0x00101010
	TagPatientComments             Tag = 0x00104000
	TagContrastBolusAgent          Tag = 0x00180010
	TagBodyPartExamined            Tag = 0x00180015
	TagSliceThickness              Tag = 0x00180050
	TagCineRate                    Tag = 0x00180040
	TagFrameTime                   Tag = 0x00181063 // ms
	TagRecommendedDisplayFrameRate Tag = 0x00082144
	TagSoftwareVersions            Tag = 0x00181020
	TagImagerPixelSpacing          Tag = 0x00181164
	TagPatientPosition             Tag = 0x00185100
	TagViewPosition                Tag = 0x00185101
	TagUltrasoundRegions           Tag = 0x00186011
	TagStudyInstanceUID            Tag = 0x0020000D
	TagSeriesInstanceUID           Tag = 0x0020000E
	TagStudyID                     Tag = 0x00200010
	TagSeriesNumber                Tag = 0x00200011
	TagInstanceNumber              Tag = 0x00200013
	TagPatientOrientation          Tag = 0x00200020
	TagImagePosition               Tag = 0x00200032
	TagImageOrientation            Tag = 0x00200037
	TagFrameOfReference            Tag = 0x00200052
	TagLaterality                  Tag = 0x00200060
	TagImageLaterality             Tag = 0x00200062
	TagImageComments               Tag = 0x00204000
	TagPlanePositionSeq            Tag = 0x00209113
	TagPlaneOrientationSeq         Tag = 0x00209116
	TagDimensionOrganization       Tag = 0x00209311
	TagSamplesPerPixel             Tag = 0x00280002
	TagPhotometric                 Tag = 0x00280004
	TagPlanarConfiguration         Tag = 0x00280006
	TagNumberOfFrames              Tag = 0x00280008
	TagRows                        Tag = 0x00280010
	TagColumns                     Tag = 0x00280011
	TagPixelSpacing                Tag = 0x00280030
	TagPixelAspectRatio            Tag = 0x00280034
	TagBitsAllocated               Tag = 0x00280100
	TagBitsStored                  Tag = 0x00280101
	TagHighBit                     Tag = 0x00280102
	TagPixelRepresentation         Tag = 0x00280103
	TagPixelPaddingValue           Tag = 0x00280120
	TagPixelPaddingRange           Tag = 0x00280121
	TagCalibrationType             Tag = 0x00280A02
	TagWindowCenter                Tag = 0x00281050
	TagWindowWidth                 Tag = 0x00281051
	TagRescaleIntercept            Tag = 0x00281052
	TagRescaleSlope                Tag = 0x00281053
	TagRescaleType                 Tag = 0x00281054
	TagWindowExplanation           Tag = 0x00281055
	TagVOILUTFunction              Tag = 0x00281056
	TagRedDescriptor               Tag = 0x00281101
	TagGreenDescriptor             Tag = 0x00281102
	TagBlueDescriptor              Tag = 0x00281103
	TagRedData                     Tag = 0x00281201
	TagGreenData                   Tag = 0x00281202
	TagBlueData                    Tag = 0x00281203
	TagSegmentedRedData            Tag = 0x00281221
	TagSegmentedGreenData          Tag = 0x00281222
	TagSegmentedBlueData           Tag = 0x00281223
	TagLossyCompression            Tag = 0x00282110
	TagLossyRatio                  Tag = 0x00282112
	TagLossyMethod                 Tag = 0x00282114
	TagModalityLUTSequence         Tag = 0x00283000
	TagLUTDescriptor               Tag = 0x00283002
	TagLUTExplanation              Tag = 0x00283003
	TagModalityLUTType             Tag = 0x00283004
	TagLUTData                     Tag = 0x00283006
	TagVOILUTSequence              Tag = 0x00283010
	TagPixelMeasures               Tag = 0x00289110
	TagFrameVOILUT                 Tag = 0x00289132
	TagPixelValueTransform         Tag = 0x00289145
	TagContainerIdentifier         Tag = 0x00400512
	TagSpecimenIdentifier          Tag = 0x00400551
	TagSpecimenDescription         Tag = 0x00400560
	TagSpecimenShort               Tag = 0x00400600
	TagSpecimenPreparation         Tag = 0x00400610
	TagSpecimenPreparationStp      Tag = 0x00400612
	TagRelationshipType            Tag = 0x0040A010
	TagVerifyingOrganization       Tag = 0x0040A027
	TagVerificationDateTime        Tag = 0x0040A030
	TagObservationDateTime         Tag = 0x0040A032
	TagValueType                   Tag = 0x0040A040
	TagConceptName                 Tag = 0x0040A043
	TagContinuityOfContent         Tag = 0x0040A050
	TagVerifyingObserver           Tag = 0x0040A073
	TagVerifyingObserverName       Tag = 0x0040A075
	TagVerifyingObserverCode       Tag = 0x0040A088
	TagDateTime                    Tag = 0x0040A120
	TagUID                         Tag = 0x0040A124
	TagTextValue                   Tag = 0x0040A160
	TagConceptCode                 Tag = 0x0040A168
	TagPersonNameValue             Tag = 0x0040A123
	TagDateValue                   Tag = 0x0040A121
	TagTimeValue                   Tag = 0x0040A122
	TagMeasuredValue               Tag = 0x0040A300
	TagPredecessorDocuments        Tag = 0x0040A360
	TagReferencedRequest           Tag = 0x0040A370
	TagPerformedProcedure          Tag = 0x0040A372
	TagCurrentEvidence             Tag = 0x0040A375
	TagCompletionFlag              Tag = 0x0040A491
	TagVerificationFlag            Tag = 0x0040A493
	TagContentTemplate             Tag = 0x0040A504
	TagContentSequence             Tag = 0x0040A730
	TagTemplateIdentifier          Tag = 0x0040DB00
	TagTotalPixelColumns           Tag = 0x00480006
	TagTotalPixelRows              Tag = 0x00480007
	TagMeasurementUnits            Tag = 0x004008EA
	TagRealWorldValueMapping       Tag = 0x00409096
	TagRealWorldLabel              Tag = 0x00409210
	TagRealWorldLast               Tag = 0x00409211
	TagRealWorldLUTData            Tag = 0x00409212
	TagRealWorldLastDouble         Tag = 0x00409213
	TagRealWorldFirstDouble        Tag = 0x00409214
	TagRealWorldFirst              Tag = 0x00409216
	TagRealWorldIntercept          Tag = 0x00409224
	TagRealWorldSlope              Tag = 0x00409225
	TagNumericValue                Tag = 0x0040A30A
	TagUnits                       Tag = 0x00541001
	TagGraphicData                 Tag = 0x00700022
	TagGraphicType                 Tag = 0x00700023
	TagPresentationLUTShape        Tag = 0x20500020
	TagSharedFunctional            Tag = 0x52009229
	TagPerFrameFunctional          Tag = 0x52009230
	TagExtendedOffsets             Tag = 0x7FE00001
	TagExtendedLengths             Tag = 0x7FE00002
	TagFloatPixelData              Tag = 0x7FE00008
	TagDoublePixelData             Tag = 0x7FE00009
	TagPixelData                   Tag = 0x7FE00010
)

// Attributes of display shutters and presentation states.
const (
	TagReferencedImage           Tag = 0x00081140
	TagShutterShape              Tag = 0x00181600
	TagShutterLeft               Tag = 0x00181602
	TagShutterRight              Tag = 0x00181604
	TagShutterUpper              Tag = 0x00181606
	TagShutterLower              Tag = 0x00181608
	TagShutterCenter             Tag = 0x00181610
	TagShutterRadius             Tag = 0x00181612
	TagShutterVertices           Tag = 0x00181620
	TagShutterPresentation       Tag = 0x00181622
	TagShutterOverlay            Tag = 0x00181623
	TagShutterCIELab             Tag = 0x00181624
	TagSoftcopyVOILUT            Tag = 0x00283110
	TagMaskSubtraction           Tag = 0x00286100
	TagPixelOriginInterpretation Tag = 0x00480301
	TagGraphicAnnotation         Tag = 0x00700001
	TagGraphicLayer              Tag = 0x00700002
	TagBoundingBoxUnits          Tag = 0x00700003
	TagAnchorPointUnits          Tag = 0x00700004
	TagGraphicUnits              Tag = 0x00700005
	TagUnformattedText           Tag = 0x00700006
	TagTextObjects               Tag = 0x00700008
	TagGraphicObjects            Tag = 0x00700009
	TagBoundingBoxTopLeft        Tag = 0x00700010
	TagBoundingBoxBottomRight    Tag = 0x00700011
	TagBoundingBoxJustification  Tag = 0x00700012
	TagAnchorPoint               Tag = 0x00700014
	TagAnchorPointVisibility     Tag = 0x00700015
	TagGraphicDimensions         Tag = 0x00700020
	TagGraphicPoints             Tag = 0x00700021
	TagGraphicFilled             Tag = 0x00700024
	TagImageHorizontalFlip       Tag = 0x00700041
	TagImageRotation             Tag = 0x00700042
	TagDisplayedAreaTopLeft      Tag = 0x00700052
	TagDisplayedAreaBottomRight  Tag = 0x00700053
	TagDisplayedArea             Tag = 0x0070005A
	TagGraphicLayers             Tag = 0x00700060
	TagGraphicLayerOrder         Tag = 0x00700062
	TagGraphicLayerGrey          Tag = 0x00700066
	TagGraphicLayerRGB           Tag = 0x00700067
	TagGraphicLayerDescription   Tag = 0x00700068
	TagContentLabel              Tag = 0x00700080
	TagContentDescription        Tag = 0x00700081
	TagPresentationDate          Tag = 0x00700082
	TagPresentationTime          Tag = 0x00700083
	TagContentCreator            Tag = 0x00700084
	TagPresentationSizeMode      Tag = 0x00700100
	TagPresentationSpacing       Tag = 0x00700101
	TagPresentationAspect        Tag = 0x00700102
	TagPresentationMagnification Tag = 0x00700103
	TagCompoundGraphics          Tag = 0x00700209
	TagTextStyle                 Tag = 0x00700231
	TagLineStyle                 Tag = 0x00700232
	TagTextColour                Tag = 0x00700241
	TagPatternColour             Tag = 0x00700251
	TagGraphicLayerCIELab        Tag = 0x00700401
	TagPresentationLUT           Tag = 0x20500010
)

const (
	tagItem          Tag = 0xFFFEE000
	tagItemDelimiter Tag = 0xFFFEE00D
	tagSequenceDelim Tag = 0xFFFEE0DD
)
