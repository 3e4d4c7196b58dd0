//go:build race

package kmskit_test

const raceDetector = true
