package station

import (
	"context"

	"longying/app/archive"
	"longying/app/consult"
	"longying/imaging"
	"longying/records"
)

// consultNeeds are what consults take from the other use cases.
func (s *Station) consultNeeds() consult.Needs {
	return consult.Needs{Secret: s.secret, Decoder: s.Decoder, Organization: s.Admin.Organization,
		KeyFrame: func(ctx context.Context, ref imaging.Ref) (*consult.KeyFrame, string, error) {
			k, why, err := s.Reading.KeyObject(ctx, ref)
			if k == nil {
				reason := ""
				if why != nil {
					reason = why.Reason
				}
				return nil, reason, err
			}
			return &consult.KeyFrame{Image: k.Image, Grey: k.Grey, Mark: k.Mark, Edges: k.Edges}, "", nil
		},
		Import: func(ctx context.Context, actor records.User, in *archive.Incoming) error {
			_, err := s.Registry.ImportIncoming(ctx, actor, in, nil)
			return err
		}}
}
