// Reads lines "ZONE<tab>EXPRESSION<tab>START<tab>END" (Unix minutes) and answers each with the minutes at which robfig/cron, the
// library of Kubernetes' CronJob controller, fires; "error" where it rejects the expression.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		part := strings.Split(lines.Text(), "\t")
		start, _ := strconv.ParseInt(part[2], 10, 64)
		end, _ := strconv.ParseInt(part[3], 10, 64)
		schedule, err := cron.ParseStandard("TZ=" + part[0] + " " + part[1])
		if err != nil {
			fmt.Fprintln(out, "error")
			continue
		}
		found := []string{}
		at := time.Unix(start*60-1, 0)
		for {
			at = schedule.Next(at)
			if at.IsZero() || at.Unix() >= end*60 {
				break
			}
			found = append(found, strconv.FormatInt(at.Unix()/60, 10))
		}
		fmt.Fprintln(out, strings.Join(found, " "))
	}
}
