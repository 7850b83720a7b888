/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damaged files: bytes flipped, pieces cut out, doubled or exchanged with
 * words of the grammar, in shipped files.  Whatever comes of it, check ends
 * with a verdict and, if it refuses the file, with at least one message.  (The
 * sanitizer build is what gives this test its teeth.)
 */
#include "sim/base/alloc.h"
#include "sim/conf/t/scratch.h"

#define ROUNDS 1500

static uint64_t state;

static uint64_t below(uint64_t n)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return n ? (z ^ (z >> 31)) % n : 0;
}

static char *read_all(const char *root, const char *name, size_t *n)
{
	char path[5000], *text = malloc(1 << 16);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "rb");
	*n = f ? fread(text, 1, 1 << 15, f) : 0;
	if (f)
		fclose(f);
	return text;
}

static size_t splice(char *text, size_t n, size_t at, size_t cut, const char *in, size_t len)
{
	memmove(text + at + len, text + at + cut, n - at - cut);
	memcpy(text + at, in, len);
	return n - cut + len;
}

static size_t damage(char *text, size_t n)
{
	static const char *const words[] = {
		"none", "[", "]", "{", "}", ": ", "\n", "\n  ", "- ", "1page", "0", "-1", "99999999999999999999",
		"1e400%", "cycles", "zipf(", "clusters(0)", "exp(0s)", "base", "name", "&a ", "*a", "!t ",
		"\"", "'", "\xff", "\t", "#", "design.", "..", ".", "{from: 1, to: 0, steps: 3, scale: log}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "merged-2.6.27", "yes",
	};
	size_t at, len, times = 1 + below(3);
	const char *word;

	while (times--) {
		at = below(n);
		len = below(40);
		if (len > n - at)
			len = n - at;
		switch (below(4)) {
		case 0:
			text[at] ^= (char)(1 << below(8));
			break;
		case 1:
			n = splice(text, n, at, len, "", 0);
			break;
		case 2: {
			char copy[64];

			memcpy(copy, text + at, len);
			n = splice(text, n, below(n), 0, copy, len);
			break;
		}
		default:
			word = words[below(sizeof(words) / sizeof(words[0]))];
			n = splice(text, n, at, below(2) ? len : 0, word, strlen(word));
		}
		if (!n)
			break;
	}
	return n;
}

int main(void)
{
	static const char *const files[] = {
		"configs/machines/x86-2008-2x4.yaml", "configs/kernels/linux-2.6.27.yaml",
		"configs/secondaries/kvm-2.6.27.yaml", "configs/designs/merged-2.6.27.yaml",
		"configs/designs/busted-no-start.yaml", "scenarios/smoke.yaml", "scenarios/evict.yaml",
		"scenarios/put-order.yaml", "scenarios/claims/S1.6.yaml",
	};
	size_t n_files = sizeof(files) / sizeof(files[0]), n;
	int round, mute = 0, chatty = 0, right = 0, refused = 0;
	struct scratch s;

	state = tap_seed(27);
	scratch_enter(&s);
	for (round = 0; round < ROUNDS; round++) {
		char *text = read_all(s.root, files[below(n_files)], &n);
		struct conf *c = conf_new(s.root);

		n = damage(text, n);
		scratch_write("f.yaml", text, n);
		if (conf_check_file(c, "f.yaml")) {
			refused++;
			mute += !conf_errors(c)->n;
		} else {
			right++;
			chatty += conf_errors(c)->n > 0;
		}
		conf_free(c);
		free(text);
	}
	scratch_leave(&s);
	printf("# %d refused, %d accepted\n", refused, right);
	ok(refused > ROUNDS / 4 && right > ROUNDS / 20, "damage is noticed, and is not all there is");
	is_int(mute, 0, "who refuses a file says why");
	is_int(chatty, 0, "who accepts one says nothing");
	return tap_done();
}
