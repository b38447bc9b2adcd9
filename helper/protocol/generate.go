package protocol

//go:generate go run ./gen . ../../extension/wire/protocol.gen.ts
