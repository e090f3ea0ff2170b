# Two commands do everything on a bare Debian 12 with Node 20: `make run` and `make test`.
SHELL := /bin/bash
BUN := node_modules/.bin/bun
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: run test bench build setup ok clean kill-test soak fuzz install examples test-vm

run: build tools/.packages
	@tools/first-run.sh

test: build tools/.packages
	@$(BUN) tools/test-all.ts

# The figures of docs/performance.md, side by side with a real Docker.
bench: build tools/.packages
	@bench/on-disk.sh $(BUN) bench/run.ts

# Every crash point many times over, longer than `make test` has time for.
kill-test: build tools/.packages
	@TUG_KILL_ROUNDS=$${TUG_KILL_ROUNDS:-200} $(BUN) test --timeout 3600000 ./test/system/kill.test.ts \
	  ./test/system/image-kill.test.ts ./test/system/image-kill-seeded.test.ts ./test/system/pull-kill.test.ts \
	  ./test/system/network-kill.test.ts ./test/system/build-kill.test.ts
	@TUG_KILLS_OF_ENGINE=$${TUG_KILLS_OF_ENGINE:-1000} TUG_KILLS_OF_SHIMS=$${TUG_KILLS_OF_SHIMS:-100} \
	  $(BUN) test --timeout 14400000 ./test/system/kill-seeded.test.ts

# Two thousand containers in half an hour: what the engine holds stays flat.
soak: build tools/.packages
	@TUG_SOAK_MINUTES=$${TUG_SOAK_MINUTES:-30} TUG_SOAK_CONTAINERS=$${TUG_SOAK_CONTAINERS:-2000} \
	  $(BUN) test --timeout 14400000 ./test/system/soak.test.ts

# The readers of archives and manifests, fed with broken ones, longer than `make test` has time for.
fuzz: node_modules/.installed
	@TUG_FUZZ_ROUNDS=$${TUG_FUZZ_ROUNDS:-20000} $(BUN) test --timeout 3600000 -t 'no (mutation|sequence) of' \
	  ./src/oci/tar/read-tar.test.ts ./src/image/pull/documents.test.ts ./test/system/hostile-images.test.ts ./test/system/snapshot.test.ts

# The system tests on cgroup v2 and Debian 12's own kernel, in a machine that is emulated and thrown away: a quarter of an hour. See test/vm.
test-vm: build tools/.packages
	@$(BUN) test/vm/run.ts

# What examples/ promises, tried; the first run makes their images from Debian's packages.
examples: build tools/.packages
	@$(BUN) test --timeout 1800000 ./test/examples

ok: node_modules/.installed
	@$(BUN) run ok

build: dist/tug

# The executable and its systemd units; DESTDIR and PREFIX say where.
install: build
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" tools/install.sh

setup: node_modules/.installed tools/.packages

NATIVE := $(wildcard native/*.c native/*.h)
SOURCE := $(shell find src -name '*.ts' -not -name '*.test.ts')

dist/tug-shim: $(NATIVE)
	@mkdir -p dist
	@cc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@ $(filter %.c,$(NATIVE))

# No C library and nothing to relocate: it runs where the kernel put it, before the program behind it.
FRONT := -O2 -ffreestanding -nostdlib -static -fno-pic -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
  -fno-tree-loop-distribute-patterns -Wl,--build-id=none -Wl,-T,native/front/front.ld -Wl,--oformat,binary

dist/front: native/front/front.c native/front/front.ld
	@mkdir -p dist
	@cc -std=gnu11 -Wall -Wextra -Werror $(FRONT) -o $@ native/front/front.c

# It speaks to the kernel in this machine language alone; elsewhere the program goes without.
FRONT_FOR_x86_64 := dist/front

dist/tug: dist/tug-shim $(FRONT_FOR_$(shell uname -m)) tools/put-front.ts $(SOURCE) package.json node_modules/.installed
	@tools/build.sh

node_modules/.installed: package.json package-lock.json
	@tools/install-npm.sh
	@touch $@

tools/.packages: tools/install-packages.sh
	@tools/install-packages.sh
	@touch $@

clean:
	rm -rf dist node_modules/.installed tools/.packages
