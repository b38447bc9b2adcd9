package procmem

import (
	"emberline/helper/internal/proc"
)

// thread is one of a followed process.
type thread struct {
	task *proc.Task
	// innermostID is its id in the PID namespace of its process.
	innermostID int
	comm        string
	ledger

	// schedule is what it was at the latest look, polled at the latest poll.
	schedule, polled proc.Schedule

	// pointer is its thread pointer, 0 while that is not known, and then not
	// worth a search before searchAtNs.
	pointer    uint64
	searchAtNs int64
	// state is its thread state, where that is not looked up but remembered (2.7).
	state uint64
	// plan are the pages of its last stack.
	plan []uint64
}

// ledger holds what has been sampled against what ran: samples stand for CPU
// time, and neither a late tick nor a second look may change how much of it.
type ledger struct {
	// startNs is the CPU time when it began to be followed, nowNs the latest known.
	startNs, nowNs int64
	// given are the samples delivered, or given up for good.
	given float64
}

// due is how many samples its CPU time is ahead of those given.
func (l *ledger) due(frequencyHz int) float64 {
	return float64(l.nowNs-l.startNs)/1e9*float64(frequencyHz) - l.given
}

// owedNs is the CPU time that its samples do not stand for yet.
func (l *ledger) owedNs(frequencyHz int) float64 {
	return l.due(frequencyHz) / float64(frequencyHz) * 1e9
}

const (
	// patienceNs is how much CPU time may wait for a punctual look; after that any
	// look is better than none.
	patienceNs = 25e6
	// aheadBy is how many samples more than its CPU time is worth may be given:
	// a thread that is met on its CPU has one sample, however short it ran, and
	// this many at most where more than one look meets the same time.
	aheadBy = 1
	// halfDue is from where on a thread that may only wait for a CPU has a sample.
	halfDue = 0.5
	// longestStandNs is how much CPU time one stack may stand for when ticks were
	// missed, or leastStand samples; what is more stays without a sample.
	longestStandNs = 100e6
	leastStand     = 8
)

// isAhead tells that it has had its samples.
func (l *ledger) isAhead(frequencyHz int) bool { return l.due(frequencyHz) <= -aheadBy }

// settle says how many samples a stack stands for now, and how many have become
// too old for any. A tick that was met in time is one; later ones make up for
// those that were not.
func (l *ledger) settle(frequencyHz int) (samples, missed int) {
	due := int(l.due(frequencyHz))
	samples = max(1, due)
	if most := max(leastStand, int(longestStandNs/1e9*float64(frequencyHz))); samples > most {
		samples, missed = most, samples-most
	}
	l.given += float64(samples + missed)
	return samples, missed
}
