#!/usr/bin/python2.7
# -*- coding: utf-8 -*-
import urllib2
import json

page = 1
while True:
    answer = json.load(urllib2.urlopen("https://loyalty.example.com/api/v1/members?page=%d" % page))
    if not answer["members"]:
        break
    print "page %d: %d members" % (page, len(answer["members"]))
    page += 1
