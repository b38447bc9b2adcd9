package sampler

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// scheduleWork is the kernel function of the object that has a thread read its
// own paged-out stack again (Linux 6.18). Its last argument is the verifier's to
// fill in: 7.0 took that out of its type, and the suffix from its name.
const (
	scheduleWork        = "bpf_task_work_schedule_resume"
	scheduleWorkBefore7 = scheduleWork + "_impl"
)

// load picks the richest object that this kernel takes.
func (s *Sampler) load(options Options) error {
	if read := retryObject(); read != nil {
		var objects objectsWithRetries
		if s.loadObject(read, options, &objects) == nil {
			s.objects, s.retries = objects.bpfObjects, objects.Retries
			return s.issueGenerations()
		}
		// A kernel that has the functions and yet refuses the program still
		// takes the plain one, which says for itself what is wrong if not.
	}
	if err := s.loadObject(loadBpf, options, &s.objects); err != nil {
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

// retryObject is the object with retries in the form that this kernel knows, nil
// when it knows none.
func retryObject() func() (*ebpf.CollectionSpec, error) {
	types, err := btf.LoadKernelSpec()
	if err != nil || !hasFunction(types, "bpf_local_irq_save") {
		return nil
	}
	switch {
	case hasFunction(types, scheduleWork):
		return loadRetryFor7
	case hasFunction(types, scheduleWorkBefore7):
		return loadRetry
	}
	return nil
}

func hasFunction(types *btf.Spec, name string) bool {
	var function *btf.Func
	return types.TypeByName(name, &function) == nil
}

// loadRetryFor7 has the object call scheduleWork as 7.0 declares it; that the
// program passes an argument more does no harm.
func loadRetryFor7() (*ebpf.CollectionSpec, error) {
	spec, err := loadRetry()
	if err != nil {
		return nil, err
	}
	var function *btf.Func
	if err := spec.Types.TypeByName(scheduleWorkBefore7, &function); err != nil {
		return nil, err
	}
	prototype, ok := function.Type.(*btf.FuncProto)
	if !ok || len(prototype.Params) == 0 {
		return nil, fmt.Errorf("%s has no arguments", scheduleWorkBefore7)
	}
	function.Name = scheduleWork
	prototype.Params = prototype.Params[:len(prototype.Params)-1]
	return spec, nil
}

func (s *Sampler) loadObject(read func() (*ebpf.CollectionSpec, error), options Options, into any) error {
	spec, err := read()
	if err != nil {
		return err
	}
	s.shard = spec.Maps[bpfMapUnwindShards].InnerMap
	ringBytes := ringSize(ebpf.MustPossibleCPU())
	spec.Maps[bpfMapSamples].MaxEntries = uint32(ringBytes)
	for name, value := range map[string]any{
		bpfVarWithKernel:    options.Kernel,
		bpfVarWithNative:    options.Native,
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
