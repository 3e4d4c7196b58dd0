package kmskit

// A secret hides bytes behind a function, because printers and differs reach
// into unexported fields of other people's structs, where no method of ours is
// asked. The zero secret hides nothing.
type secret func() *[]byte

// hide takes the bytes as they are: there is no second copy to hunt down, and
// copies of their holder share them. It takes them out of the answer, whose
// metadata keeps the HTTP response, which has them in base64.
func hide(b []byte) secret {
	return func() *[]byte { return &b }
}

// bytes returns what is hidden, or nil.
func (s secret) bytes() []byte {
	if s == nil {
		return nil
	}
	return *s()
}

// destroy overwrites what is hidden; afterwards it is nil.
func (s secret) destroy() {
	if s == nil {
		return
	}
	b := s()
	clear(*b)
	*b = nil
}
