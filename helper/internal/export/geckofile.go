package export

// The parts of the Gecko profile format that are written, as its
// src/types/gecko-profile.ts documents them. Times are milliseconds.

type geckoFile struct {
	Meta         geckoMeta     `json:"meta"`
	Libs         []struct{}    `json:"libs"`
	Threads      []geckoThread `json:"threads"`
	PausedRanges []struct{}    `json:"pausedRanges"`
	Processes    []struct{}    `json:"processes"`
}

type geckoMeta struct {
	Version         int             `json:"version"`
	StartTime       float64         `json:"startTime"`
	ShutdownTime    *float64        `json:"shutdownTime"`
	Interval        float64         `json:"interval"`
	Stackwalk       int             `json:"stackwalk"`
	Debug           int             `json:"debug"`
	GCPoison        int             `json:"gcpoison"`
	AsyncStack      int             `json:"asyncstack"`
	ProcessType     int             `json:"processType"`
	Product         string          `json:"product"`
	Platform        string          `json:"platform"`
	OS              string          `json:"oscpu"`
	Presymbolicated bool            `json:"presymbolicated"`
	Categories      []geckoCategory `json:"categories"`
	MarkerSchema    []struct{}      `json:"markerSchema"`
}

type geckoCategory struct {
	Name          string   `json:"name"`
	Color         string   `json:"color"`
	Subcategories []string `json:"subcategories"`
}

type geckoThread struct {
	Name           string       `json:"name"`
	ProcessName    string       `json:"processName"`
	ProcessType    string       `json:"processType"`
	PID            int          `json:"pid"`
	TID            int          `json:"tid"`
	RegisterTime   float64      `json:"registerTime"`
	UnregisterTime float64      `json:"unregisterTime"`
	Markers        geckoTable   `json:"markers"`
	Samples        geckoSamples `json:"samples"`
	FrameTable     geckoTable   `json:"frameTable"`
	StackTable     geckoTable   `json:"stackTable"`
	StringTable    []string     `json:"stringTable"`
}

type geckoTable struct {
	Schema map[string]int `json:"schema"`
	Data   [][]any        `json:"data"`
}

// geckoSamples has one row a sample, so its rows are arrays and not slices.
type geckoSamples struct {
	Schema map[string]int `json:"schema"`
	Data   [][3]any       `json:"data"`
}

// schema numbers columns in their order.
func schema(columns ...string) map[string]int {
	numbers := make(map[string]int, len(columns))
	for i, column := range columns {
		numbers[column] = i
	}
	return numbers
}
