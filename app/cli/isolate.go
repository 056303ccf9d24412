package cli

import (
	"errors"

	"longying/app/station"
	"longying/app/worker"
)

// isolated are the worker processes of a call with --isolate.
type isolated struct {
	decoder *worker.Decoder
	models  *worker.Models
	slides  *worker.Slides
}

// isolate has frames decoded, models run and slides of scanners' own formats
// read in processes of their own, from here on.
func (c *call) isolate() {
	if c.isolated.decoder != nil {
		return
	}
	o := worker.Options{Executable: c.Executable, Provider: c.Getenv("LONGYING_PROVIDER")}
	c.isolated.decoder = worker.NewDecoder(o)
	c.isolated.models = worker.NewModels(o, c.Getenv("LONGYING_ORT_LIBRARY"), c.Executable)
	c.isolated.slides = worker.NewSlides(o)
	c.Decoder, c.Slides = c.isolated.decoder, c.isolated.slides
}

// close ends the processes.
func (i *isolated) close() error {
	if i.decoder == nil {
		return nil
	}
	return errors.Join(i.slides.Close(), i.models.Close(), i.decoder.Close())
}

// apart loads models into processes of their own; nil without --isolate.
func (c *call) apart() station.ModelLoader {
	if c.isolated.models == nil {
		return nil
	}
	return c.isolated.models
}

// loader loads models, for the caller to close.
func (c *call) loader() station.ModelLoader {
	if m := c.apart(); m != nil {
		return m
	}
	return station.NewSessions(station.SessionOptions{Library: c.Getenv("LONGYING_ORT_LIBRARY"), Executable: c.Executable, Provider: c.Getenv("LONGYING_PROVIDER")})
}
