// Writes what VictoriaMetrics/metrics for Go makes of the values that the test records, too.
//
// Made with Go 1.19.8 on linux/amd64 and metrics 1.23.0 (Debian: golang-github-victoriametrics-metrics-dev):
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run generate.go > expected.txt
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// xorshift64*
type rng uint64

func (r *rng) next() uint64 {
	x := uint64(*r)
	x ^= x >> 12
	x ^= x << 25
	x ^= x >> 27
	*r = rng(x)
	return x * 0x2545F4914F6CDD1D
}

// value returns doubles whose logarithms are spread evenly over 2^low to 2^high.
func value(r *rng, low, high int) float64 {
	bits := r.next()
	exponent := uint64(1023+low) + (bits>>52)%uint64(high-low)
	return math.Float64frombits(exponent<<52 | bits&(1<<52-1))
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()

	// Every bucket's spelling, by a value of its own.
	bases := make([]float64, 0, 487)
	for i := 0; i <= 486; i++ {
		bases = append(bases, math.Pow(10, -9+float64(i)/18))
	}
	for i, base := range bases {
		inside := base * 1.05
		if i == 0 {
			inside = base * 0.5
		}
		h := metrics.NewSet().NewHistogram("h")
		h.Update(inside)
		h.VisitNonZeroBuckets(func(vmrange string, count uint64) {
			fmt.Fprintf(out, "range %016x %s\n", math.Float64bits(inside), vmrange)
		})
	}

	// Around each edge 206 values, one unit in the last place from each other: how many fall where.
	for _, base := range bases {
		h := metrics.NewSet().NewHistogram("h")
		for d := -103; d < 103; d++ {
			h.Update(math.Float64frombits(uint64(int64(math.Float64bits(base)) + int64(d))))
		}
		fmt.Fprintf(out, "edge %016x", math.Float64bits(base))
		h.VisitNonZeroBuckets(func(vmrange string, count uint64) {
			fmt.Fprintf(out, " %s=%d", start(vmrange), count)
		})
		fmt.Fprintln(out)
	}

	// Sequences: everything that is exposed.
	for seed, n := range []int{0, 1, 2, 10, 999, 1000, 1001, 5000, 100000} {
		for _, span := range [][2]int{{-1, 2}, {-10, 5}, {-34, 63}} {
			set := metrics.NewSet()
			h := set.NewHistogram("h")
			s := set.NewSummaryExt("s", time.Hour, []float64{0.5, 0.9, 0.97, 0.99, 1})
			r := rng(uint64(seed)*1000 + 77)
			for i := 0; i < n; i++ {
				v := value(&r, span[0], span[1])
				h.Update(v)
				s.Update(v)
			}
			write(out, fmt.Sprintf("sequence %d %d %d %d", seed, n, span[0], span[1]), set, h)
		}
	}

	// Whole numbers, so that sums are exact in any order, and what is no usable value.
	set := metrics.NewSet()
	h := set.NewHistogram("h")
	s := set.NewSummaryExt("s", time.Hour, []float64{0.5, 0.9, 0.97, 0.99, 1})
	for i := 0; i < 3000; i++ {
		h.Update(float64(i * i % 977))
		s.Update(float64(i * i % 977))
	}
	for _, v := range []float64{math.NaN(), -1, math.Inf(-1)} {
		h.Update(v)
	}
	write(out, "whole 3000", set, h)
}

// start returns a bucket's lower bound, which names it.
func start(vmrange string) string {
	return strings.Split(vmrange, "...")[0]
}

func write(out *bufio.Writer, what string, set *metrics.Set, h *metrics.Histogram) {
	fmt.Fprintln(out, what)
	fmt.Fprint(out, " buckets")
	h.VisitNonZeroBuckets(func(vmrange string, count uint64) {
		fmt.Fprintf(out, " %s=%d", start(vmrange), count)
	})
	fmt.Fprintln(out)
	var text bytes.Buffer
	set.WritePrometheus(&text)
	for _, line := range strings.Split(strings.TrimSpace(text.String()), "\n") {
		if !strings.HasPrefix(line, "h_bucket") && line != "" {
			fmt.Fprintln(out, " ", line)
		}
	}
}
