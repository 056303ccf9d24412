package inference

// reasonSentences is the English wording of every reason. The desktop's
// language files hold the same keys under "reason."; a test keeps both equal.
func reasonSentences() map[ReasonCode]string {
	return map[ReasonCode]string{
		ReasonModality:         "the model is for {1}; this series is {0}",
		ReasonBodyPart:         "the model is for {1}; this series shows {0}",
		ReasonBodyPartMissing:  "the header names no body part; the model is only for {0}",
		ReasonView:             "the model is for the views {1}; this one is {0}",
		ReasonViewMissing:      "the header names no view; the model is only for {0}",
		ReasonPhotometric:      "pixels are {0}; the model takes {1}",
		ReasonAgeMissing:       "neither age nor birth date is in the header; the model is only for ages {0} to {1} years",
		ReasonAgeMalformed:     "the age in the header, {0}, cannot be read; the model is only for ages {1} to {2} years",
		ReasonAgeRange:         "the patient is {0} years old; the model is only for ages {1} to {2} years",
		ReasonAgeContradiction: "the header's age, {0}, contradicts its birth date, which gives {1} years",
		ReasonSize:             "the image is {0} pixels; the model needs at least {1}",
		ReasonAspect:           "the image's sides differ by a factor of {0}; the model takes at most {1}",
		ReasonFrames:           "the image has {0} frames; the model takes one",
		ReasonPixels:           "the pixels cannot be used: {0}",
		ReasonRegionMissing:    "the model runs only on a region that a doctor has marked; none is marked",
		ReasonRegionInvalid:    "the marked region cannot be used: {0}",
		ReasonRegionSmall:      "the marked region, {0} pixels, does not hold one patch of {1}; mark a larger one",
		ReasonRegionLarge:      "the marked region holds {0} patches, more than {1}; mark a smaller one",
		ReasonScaleUnknown:     "the slide does not say how many micrometres a pixel measures",
		ReasonScale:            "the slide has {0} micrometres a pixel; the model needs {1}",
		ReasonNoTissue:         "none of the {0} patches holds enough tissue (at least {1})",
		ReasonOrganMissing:     "the specimen's organ is not known; say which of {0} it is",
		ReasonOrgan:            "the specimen is {0}; the model knows only {1}",
		ReasonNotSlide:         "the model is for whole-slide images; this is not one",
		ReasonSlideOnly:        "this is a whole-slide image; the model is not for slides",
		ReasonPackage:          "the model package is not sound: {0}",
		ReasonModelScale:       "the scale the model was trained at is not known: a pathologist must judge the whole picture",
		ReasonAlwaysAmber:      "every result of this model must be taken with care: {0}",
		ReasonNotAccepted:      "this model version has not been accepted at this site",
		ReasonReviewDue:        "this model version was to be reviewed at this site on {0}",
		ReasonSeveralImages:    "the series has {0} images; the model takes one",
		ReasonPreprocess:       "preprocessing step {0} refused the image: {1}",
		ReasonUnsupported:      "this version of the program cannot do what the model needs: {0}",
		ReasonPatientHeaders:   "the instances of this study carry different patients: {0}",
	}
}
