package sampler

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// taskWork are kernel functions of the object that has a thread read its own
// paged-out stack again (Linux 6.18).
var taskWork = []string{"bpf_task_work_schedule_resume_impl", "bpf_local_irq_save"}

// load picks the richest object that this kernel takes.
func (s *Sampler) load(options Options) error {
	if hasTaskWork() {
		var objects objectsWithRetries
		if loadObject(loadRetry, options, &objects) == nil {
			s.objects, s.retries = objects.bpfObjects, objects.Retries
			return s.issueGenerations()
		}
		// A kernel that has the functions and yet refuses the program still
		// takes the plain one, which says for itself what is wrong if not.
	}
	if err := loadObject(loadBpf, options, &s.objects); err != nil {
		return err
	}
	return s.issueGenerations()
}

// objectsWithRetries holds the map, too: the kernel schedules no work for a map that
// no process has open (kernel/bpf/helpers.c, bpf_task_work_acquire_ctx).
type objectsWithRetries struct {
	bpfObjects
	Retries *ebpf.Map `ebpf:"retries"`
}

func hasTaskWork() bool {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return false
	}
	for _, name := range taskWork {
		var function *btf.Func
		if types.TypeByName(name, &function) != nil {
			return false
		}
	}
	return true
}

func loadObject(read func() (*ebpf.CollectionSpec, error), options Options, into any) error {
	spec, err := read()
	if err != nil {
		return err
	}
	ringBytes := ringSize(ebpf.MustPossibleCPU())
	spec.Maps[bpfMapSamples].MaxEntries = uint32(ringBytes)
	for name, value := range map[string]any{
		bpfVarWithKernel:    options.Kernel,
		bpfVarReportAllExec: options.ReportAllExec,
		bpfVarWakeupBytes:   uint64(ringBytes / 4),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return spec.LoadAndAssign(into, nil)
}

// issueGenerations gives the kernel side the numbers of which each fork takes one.
func (s *Sampler) issueGenerations() error {
	for ticket := range uint32(bpfLimitGENERATION_TICKETS) {
		if err := s.objects.Generations.Put(nil, ticket+1); err != nil {
			return fmt.Errorf("issue generations: %w", err)
		}
	}
	return nil
}
