// Reads lines "ZONE<tab>EXPRESSION<tab>START<tab>END" (Unix minutes) and answers each with the seconds at which gorhill/cronexpr,
// the library that supercronic was built on, fires; "error" where it rejects the expression; "stuck" at the end where the next firing
// that it names is not after the last one.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorhill/cronexpr"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		part := strings.Split(lines.Text(), "\t")
		start, _ := strconv.ParseInt(part[2], 10, 64)
		end, _ := strconv.ParseInt(part[3], 10, 64)
		zone, err := time.LoadLocation(part[0])
		if err != nil {
			panic(err)
		}
		expression, err := cronexpr.Parse(part[1])
		if err != nil {
			fmt.Fprintln(out, "error")
			continue
		}
		found := []string{}
		at := time.Unix(start*60-1, 0).In(zone)
		for {
			next := expression.Next(at)
			if next.IsZero() || next.Unix() >= end*60 {
				break
			}
			if !next.After(at) {
				found = append(found, "stuck")
				break
			}
			at = next
			found = append(found, strconv.FormatInt(at.Unix(), 10))
		}
		fmt.Fprintln(out, strings.Join(found, " "))
	}
}
