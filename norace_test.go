//go:build !race

package kmskit_test

// raceDetector says whether the race detector is on. It empties pools at random,
// so that allocations cannot be counted.
const raceDetector = false
