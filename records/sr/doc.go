// Package sr writes a signed report as a DICOM Comprehensive 3D SR (PS3.3
// A.35.13) by TID 1500 Measurement Report (PS3.16).
//
// Each finding is a Measurement Group (TID 1410 where it has a region, else
// 1501) with its tracking identifiers, finding, site, algorithm (TID 4019),
// measurements and the image it lies on; the FindingUID is the Observation UID
// (0040,A171) of the group. The wording of the report and the AI remarks are
// text of the Qualitative Evaluations.
//
// The document is COMPLETE and VERIFIED by the reviewing doctor, because only a
// signed document is encoded. UIDs are derived from the document's id and
// version, so that the same document gives the same bytes.
package sr
