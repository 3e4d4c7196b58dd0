package kmskit

// A secret hides bytes behind a function, because printers and differs reach
// into unexported fields of other people's structs, where no method of ours is
// asked. The zero secret hides nothing.
type secret func() *[]byte

// withSecret returns a value that hides b. It takes the bytes as they are: there
// is no second copy to hunt down, and copies of the value share them. It takes
// them out of the answer, whose metadata keeps the HTTP response, which has them
// in base64.
//
// The value and the header of the bytes lie in one piece of memory, of which
// nobody but the function sees the second half.
func withSecret[T any, P interface {
	*T
	hide(s secret)
}](value T, b []byte) *T {
	held := &struct {
		value T
		bytes []byte
	}{value, b}
	P(&held.value).hide(func() *[]byte { return &held.bytes })
	return &held.value
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
