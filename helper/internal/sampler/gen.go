package sampler

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target amd64,arm64 -type python_offsets -type process -type tss_layout -type sample -type python_frame -type code_record -type type_record -type process_record -type counter -type limit -type record_type -type process_event -type thread_state_access -type frame_flag -type sample_flag -type code_piece bpf ../../../bpf/sampler.bpf.c -- -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror -mcpu=v3 -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu
//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target amd64,arm64 -no-global-types retry ../../../bpf/sampler.bpf.c -- -DWITH_TASK_WORK -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror -mcpu=v3 -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu
//go:generate go run ./gencounters ../../../bpf/counters.h counters_gen.go
